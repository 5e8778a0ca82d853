// The names come from files: none of these scripts gives one to `eval`, `compgen -W` or anything else that expands it.

const BASH = String.raw`# dbtunnel, for bash
_dbtunnel() {
  local IFS=$' \t\n' line=${'${COMP_LINE:0:COMP_POINT}'} last reply known=
  local -a typed
  read -ra typed <<<"$line"
  [[ $line == *[[:space:]] ]] && typed+=('')
  last=${'${typed[${#typed[@]}-1]}'}
  # readline takes the last word to begin behind these.
  [[ $COMP_WORDBREAKS == *:* && $last == *:* ]] && known=${'${last%"${last##*:}"}'}
  COMPREPLY=()
  while IFS= read -r reply; do
    printf -v reply %q "${'${reply#"$known"}'}"
    COMPREPLY+=("$reply")
  done < <(command dbtunnel complete -- "${'${typed[@]:1}'}" 2>/dev/null)
}
complete -o default -F _dbtunnel dbtunnel`

const ZSH = String.raw`#compdef dbtunnel
_dbtunnel() {
  local -a found
  found=("${'${(@f)$(command dbtunnel complete -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}'}")
  found=("${'${(@)found:#}'}")
  if (( $#found )); then compadd -a found; else _files; fi
}
if [[ $funcstack[1] == _dbtunnel ]]; then _dbtunnel; else compdef _dbtunnel dbtunnel; fi`

const FISH = String.raw`# dbtunnel, for fish
function __dbtunnel_complete
    set -l typed (commandline -opc)
    set -l last (commandline -ct)
    command dbtunnel complete -- $typed[2..] "$last" 2>/dev/null
end
complete -c dbtunnel -a '(__dbtunnel_complete)'`

const SCRIPTS = {bash: BASH, zsh: ZSH, fish: FISH}

/** What a shell is given to source. */
export function completionScript(shell: keyof typeof SCRIPTS): string {
  return SCRIPTS[shell]
}
