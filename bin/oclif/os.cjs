'use strict'
// `userInfo` throws for a user without a name, as in a container. oclif calls it at each start without SHELL.
const os = require('node:os')

module.exports = {...os, userInfo}

function userInfo(options) {
  try {
    return os.userInfo(options)
  } catch {
    return {shell: null}
  }
}
