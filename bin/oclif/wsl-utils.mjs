// What oclif needs of this package. The rest starts PowerShell, and dbtunnel refuses Windows.
export {default as isWsl} from 'is-wsl'
