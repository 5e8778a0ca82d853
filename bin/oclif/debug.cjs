'use strict'
// Loads the package of this name, and looks at the colours of the terminal, only where DEBUG is set.
module.exports = (namespace) => {
  let print
  return (...words) => {
    if (process.env.DEBUG) (print ??= require('debug')(namespace))(...words)
  }
}
