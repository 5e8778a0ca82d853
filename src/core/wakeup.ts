/** May be rung at any time, and is answered once for all that have rung it until then. */
export class Wakeup {
  #hasRung = false
  #wake = (): void => {}

  ring(): void {
    this.#hasRung = true
    this.#wake()
  }

  /** Earlier rings count no more. */
  hush(): void {
    this.#hasRung = false
  }

  /** Resolves when it is rung, also when it was before; rejects with the signal's reason. */
  async next(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    let stop = (): void => {}
    if (!this.#hasRung) {
      const rung = new Promise<void>((resolve, reject) => {
        this.#wake = resolve
        stop = () => reject(signal.reason as Error)
      })
      signal.addEventListener('abort', stop)
      await rung.finally(() => signal.removeEventListener('abort', stop))
    }
    this.#hasRung = false
  }
}
