/** What local programs have asked for: connections and bytes. */
export type Asked = () => number

/** The real plugin's way to the agent, which ends for good as soon as something is to be sent without a WebSocket. */
export class Sending {
  readonly #asked: Asked
  /** What had been asked when the WebSocket was lost. */
  #askedBefore: number | undefined
  #over = false

  constructor(asked: Asked) {
    this.#asked = asked
  }

  get over(): boolean {
    this.#over ||= this.#askedBefore !== undefined && this.#asked() > this.#askedBefore
    return this.#over
  }

  lost(): void {
    this.#askedBefore ??= this.#asked()
  }

  /** There is another WebSocket. */
  back(): void {
    if (!this.over) this.#askedBefore = undefined
  }
}
