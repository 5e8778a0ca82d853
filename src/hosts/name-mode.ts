/** How clients find the endpoint's name: `hosts` and `hostaddr` name a way, `auto` chooses. */
export type NameMode = 'auto' | 'hosts' | 'hostaddr'
