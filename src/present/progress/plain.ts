import type {Progress} from '../../core/ports/progress.js'
import type {Say} from '../../core/run.js'

/** One plain line for each step done: for files, pipes and logs. */
export class PlainProgress implements Progress {
  readonly #say: Say
  #titles: readonly string[] = []
  #next = 0

  constructor(say: Say) {
    this.#say = say
  }

  begin(titles: readonly string[]): void {
    this.#titles = titles
  }

  async step<T>(work: () => Promise<T>, detail: (result: T) => string): Promise<T> {
    const title = this.#titles[this.#next++] ?? ''
    const result = await work()
    const found = detail(result)
    this.#say.notice(found === '' ? title : `${title}: ${found}`)
    return result
  }

  async end(): Promise<void> {}
}
