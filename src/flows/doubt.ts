/** A question that may be raised at any time, and is answered once for all that have raised it until then. */
export class Doubt {
  #isRaised = false
  #wake = (): void => {}

  raise(): void {
    this.#isRaised = true
    this.#wake()
  }

  /** Resolves when it is raised, also when it was before; rejects with the signal's reason. */
  async next(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    let stop = (): void => {}
    if (!this.#isRaised) {
      const raised = new Promise<void>((resolve, reject) => {
        this.#wake = resolve
        stop = () => reject(signal.reason as Error)
      })
      signal.addEventListener('abort', stop)
      await raised.finally(() => signal.removeEventListener('abort', stop))
    }
    this.#isRaised = false
  }
}
