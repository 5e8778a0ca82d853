/** `local` undoes what is on this machine and comes first; `network` talks to AWS and comes last. */
export type UndoKind = 'local' | 'network'

interface Undo {
  readonly title: string
  readonly kind: UndoKind
  readonly run: () => Promise<void> | void
}

/** A slow step above it in the stack never leaves a local one without time: a hosts line must go. */
const LEAST_MS = 500

export interface UnwindOptions {
  /** For all undoing together, in milliseconds; what takes longer is left to run and reported. */
  readonly budgetMs: number
  /** Aborted by a second signal: network undoing is skipped, local undoing never. */
  readonly skipNetwork?: AbortSignal
}

/**
 * The one stack of undo steps. A resource is taken only after its undo was
 * pushed. Unwinding happens once, local steps before network ones, each kind
 * in reverse order; a failing step never stops the ones after it.
 */
export class Teardown {
  readonly #steps = new Set<Undo>()
  #unwinding: Promise<Error[]> | undefined

  /**
   * Pushes an undo; returns a function that runs it early, at most once: when that goes well, the step is forgotten.
   * Pushed after unwinding began, it runs at once.
   */
  push(title: string, kind: UndoKind, run: () => Promise<void> | void): () => Promise<void> {
    let done: Promise<void> | undefined
    const once = (): Promise<void> => (done ??= (async () => run())().then(() => void this.#steps.delete(step)))
    const step = {title, kind, run: once}
    this.#steps.add(step)
    if (this.#unwinding) void once().catch(() => {})
    return once
  }

  /**
   * Undoes everything; the same promise however often it is called. Resolves to what went wrong, each with its step's
   * title; never rejects.
   */
  unwind(options: UnwindOptions): Promise<Error[]> {
    this.#unwinding ??= this.#run(options)
    return this.#unwinding
  }

  async #run({budgetMs, skipNetwork}: UnwindOptions): Promise<Error[]> {
    const errors: Error[] = []
    const deadline = Date.now() + budgetMs
    const take = (kind: UndoKind): Undo[] => [...this.#steps].filter((step) => step.kind === kind).reverse()
    for (const step of take('local')) await attempt(step, deadline, undefined, errors)
    for (const step of take('network')) {
      if (skipNetwork?.aborted) break
      await attempt(step, deadline, skipNetwork, errors)
    }
    return errors
  }
}

/** Where undo steps go. */
export type UndoStack = Pick<Teardown, 'push'>

/**
 * A part of a stack that can be undone before the rest: `undo` runs its local steps, the newest first, and begins the
 * network ones, which nothing has to wait for. What fails is told at the end, with the rest.
 */
export interface PartOfStack extends UndoStack {
  undo(): Promise<void>
}

export function partOf(stack: UndoStack): PartOfStack {
  const steps: {readonly kind: UndoKind; readonly undo: () => Promise<void>}[] = []
  return {
    push(title, kind, run) {
      const undo = stack.push(title, kind, run)
      steps.push({kind, undo})
      return undo
    },
    async undo() {
      const take = (kind: UndoKind): typeof steps => steps.filter((step) => step.kind === kind).reverse()
      for (const step of take('local')) await step.undo().catch(() => {})
      for (const step of take('network')) void step.undo().catch(() => {})
    },
  }
}

async function attempt(step: Undo, deadline: number, skip: AbortSignal | undefined, errors: Error[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  let onSkip: (() => void) | undefined
  const limit = new Promise<void>((resolve, reject) => {
    const least = step.kind === 'local' ? LEAST_MS : 0
    timer = setTimeout(() => reject(new Error('it took too long.')), Math.max(deadline - Date.now(), least))
    onSkip = resolve
    skip?.addEventListener('abort', onSkip, {once: true})
  })
  try {
    await Promise.race([step.run(), limit])
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    errors.push(new Error(`${step.title}: ${why}`, {cause: error}))
  } finally {
    clearTimeout(timer)
    if (onSkip) skip?.removeEventListener('abort', onSkip)
  }
}
