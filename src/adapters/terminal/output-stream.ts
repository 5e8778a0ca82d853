import type {OutputStream} from '../../core/ports/output.js'

/** Slow readers are waited for; that nobody reads is an answer and no error. */
export function outputStream(stream: NodeJS.WriteStream): OutputStream {
  return {
    write: (bytes) =>
      new Promise((resolve) => {
        stream.write(bytes, (error) => resolve(!error))
      }),
  }
}
