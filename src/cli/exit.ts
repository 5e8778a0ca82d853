import {ExitError} from '@oclif/core/errors'

/**
 * To throw where everything has been said: the program ends with this status, and says no more. In a host CLI, too: its
 * oclif does not know the class of ours, but heeds the field.
 */
export function ended(status: number): ExitError {
  return Object.assign(new ExitError(status), {skipOclifErrorHandling: true})
}
