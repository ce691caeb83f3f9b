# Collect raw facts of the machine that this runs on where there is no Python, and print them as one JSON
# document: what probe.py does, as far as a POSIX sh can. Sent as one text (`sh -s`) whose last lines are
#   ask NAME HOW LIMIT SYSTEMS KIND ARGUMENT...
#   finish
# All asks run side by side, each for LIMIT seconds. It decides nothing: outputs, and what a builtin finds
# (lines with tabs), travel in hexadecimal, and are made the same document as probe.py's at home.

MARK='PROVENV-PROBE '
CAP=1048576
TAB=$(printf '\t')
COUNT=0
BEGAN=$(date -u +%s.%N 2>/dev/null) # %N is GNU's; others print what is no digit
umask 077
LC_ALL=C LANGUAGE=C
export LC_ALL LANGUAGE

for place in /usr/local/sbin /usr/sbin /sbin /usr/lib/wsl/lib /usr/local/cuda/bin /opt/rocm/bin \
    /usr/local/Ascend/driver/tools /opt/homebrew/bin; do
    case ":$PATH:" in *":$place:"*) ;; *) [ -d "$place" ] && PATH=$PATH:$place ;; esac
done
export PATH

has() { command -v "$1" >/dev/null 2>&1; }

if has od && has tr; then hexadecimal() { od -An -v -tx1 | tr -d ' \n'; }
elif has hexdump; then hexadecimal() { hexdump -v -e '1/1 "%02x"'; }
else echo 'neither od nor hexdump' >&2; exit 3; fi

FOLDER=$(mktemp -d 2>/dev/null) || FOLDER=${TMPDIR:-/tmp}/provenv-probe.$$
mkdir -p "$FOLDER" || exit 3
trap 'rm -rf "$FOLDER"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

case $(uname -s) in Linux) SYSTEM=linux ;; Darwin) SYSTEM=darwin ;; *) SYSTEM=other ;; esac

# -- one ask ------------------------------------------------------------------------------------------------

ask() {
    case " $4 " in "  " | *" $SYSTEM "*) ;; *) return 0 ;; esac
    COUNT=$((COUNT + 1))
    mkdir "$FOLDER/$COUNT"
    printf '%s' "$1" >"$FOLDER/$COUNT/name"
    printf '%s' "$2" >"$FOLDER/$COUNT/how"
    (
        folder=$FOLDER/$COUNT limit=$3 kind=$5
        shift 5
        "ask_$kind" "$@" >"$folder/out" 2>"$folder/err"
    ) </dev/null >/dev/null 2>&1 &
}

# Run a program for $limit seconds at most. Where there is no `timeout`, a second process watches.
limited() {
    if [ -n "$TIMEOUT" ]; then
        timeout -s KILL "$limit" "$@"
        return
    fi
    "$@" &
    running=$!
    (sleep "$limit" && : >"$folder/late" && kill -9 "$running") >/dev/null 2>&1 &
    watching=$!
    wait "$running"
    code=$?
    kill "$watching" 2>/dev/null
    return "$code"
}

TIMEOUT=
timeout -s KILL 1 true 2>/dev/null && TIMEOUT=1

ended() { # by the exit code: absent, failed, timeout
    printf '%s' "$1" >"$folder/code"
    if [ -e "$folder/late" ] || [ "$1" = 124 ] || [ "$1" = 137 ]; then printf timeout >"$folder/outcome"
    elif [ "$1" != 0 ]; then printf failed >"$folder/outcome"; fi
}

absent() { printf absent >"$folder/outcome"; }

ask_command() {
    case $1 in *=*) export "$1"; shift ;; esac
    has "$1" || { absent; return; }
    limited "$@"
    ended $?
}

ask_file() {
    if [ ! -e "$1" ]; then absent
    elif [ ! -r "$1" ]; then printf unreadable >"$folder/outcome"
    else limited cat "$1"; ended $?; rm -f "$folder/code"; fi
}

ask_builtin() {
    : >"$folder/value"
    builtin=$1
    shift
    "builtin_$builtin" "$@"
}

# -- what a builtin finds: fields with tabs between, a thing a line -----------------------------------------

row() {
    line=$1
    shift
    for cell in "$@"; do line=$line$TAB$cell; done
    printf '%s\n' "$line"
}

first_line() { value=; [ -r "$1" ] && IFS= read -r value <"$1" 2>/dev/null; printf '%s' "$value"; }

builtin_glob() { for path in $1; do [ -e "$path" ] && row "$path"; done; [ -s "$folder/out" ] || absent; }

builtin_system() {
    row platform "$SYSTEM"
    row system "$(uname -s)"
    row node "$(uname -n)"
    row release "$(uname -r)"
    row version "$(uname -v)"
    row machine "$(uname -m)"
    row cores "$(getconf _NPROCESSORS_ONLN 2>/dev/null || grep -c ^processor /proc/cpuinfo)"
    libc=$(getconf GNU_LIBC_VERSION 2>/dev/null) && row libc "$libc"
    mac=$(sw_vers -productVersion 2>/dev/null) && row mac "$mac"
}

builtin_environ() {
    for name in "$@"; do
        eval "value=\${$name-} known=\${$name+1}"
        [ -n "$known" ] && row "$name" "$(printf '%s' "$value" | tr '\n\t' '  ')"
    done
}

builtin_which() {
    # not `command -v`: it tells a shell's own commands by their name alone
    places=$(printf '%s' "$PATH" | tr ':' '\n')
    for name in "$@"; do
        while IFS= read -r place; do
            if [ -f "$place/$name" ] && [ -x "$place/$name" ]; then row "$name" "$place/$name"; break; fi
        done <<END
$places
END
    done
}

builtin_rlimits() {
    row NOFILE "$(ulimit -n 2>/dev/null)" 1
    row NPROC "$(ulimit -u 2>/dev/null || ulimit -p 2>/dev/null)" 1
    row MEMLOCK "$(ulimit -l 2>/dev/null)" 1024
    row AS "$(ulimit -v 2>/dev/null)" 1024
}

builtin_affinity() {
    while read -r key value; do [ "$key" = Cpus_allowed_list: ] && row "$value"; done </proc/self/status
}

builtin_space() {
    case $1 in '~') path=$HOME ;; '~/'*) path=$HOME/${1#\~/} ;; *) path=$1 ;; esac
    while [ ! -e "$path" ] && [ "$path" != / ] && [ -n "$path" ]; do
        case $path in */*) path=${path%/*} ;; *) path=. ;; esac
    done
    [ -n "$path" ] || path=/
    told=$(limited df -Pk "$path" 2>/dev/null)
    ended $?
    set -f
    last=
    while IFS= read -r line; do last=$line; done <<END
$told
END
    # shellcheck disable=SC2086 # the columns of df
    set -- "$1" $last
    # df wants the mount in its list, which a changed root may not have: it prints its heading alone then
    case ${3-none} in *[!0-9]*) set -- "$1" ;; esac
    if [ $# -lt 7 ]; then
        # shellcheck disable=SC2046 # blocks, their size, free ones
        set -- "$1" $(limited stat -f -c '%b %S %a' "$path" 2>/dev/null)
        [ $# = 4 ] || return
        ended 0
        rm -f "$folder/outcome"
        set -- "$1" "" $(($2 * ($3 / 512) / 2)) - $(($4 * ($3 / 512) / 2)) - ""
    fi
    kind=
    while read -r device point type rest; do [ "$point" = "$7" ] && kind=$type device_of=$device; done </proc/mounts
    writable=0
    [ -w "$path" ] && writable=1
    row "$1" "$path" "$writable" "$3" "$5" "${device_of:-$2}" "$kind"
}

contents() { # version, folder, names...
    version=$1 place=$2
    shift 2
    for name in "$@"; do
        [ -r "$place/$name" ] && row "$version" "$place" "$name" "$(hexadecimal <"$place/$name" 2>/dev/null)"
    done
    row "$version" "$place" "" ""
}

upwards() { # version, mount, path, names...: this group and all above it
    version=$1 mount=$2 path=$3
    shift 3
    [ -d "$mount$path" ] || path=
    while :; do
        contents "$version" "$mount${path%/}" "$@"
        case $path in '' | /) return ;; esac
        path=${path%/*}
    done
}

builtin_cgroup() {
    row groups "$(hexadecimal </proc/self/cgroup)"
    while IFS= read -r line; do
        number=${line%%:*} rest=${line#*:}
        controllers=${rest%%:*} path=${rest#*:}
        case $path in *..*) path= ;; esac
        if [ "$number" = 0 ] && [ -z "$controllers" ] && [ -r /sys/fs/cgroup/cgroup.controllers ]; then
            upwards 2 /sys/fs/cgroup "$path" cpu.max cpuset.cpus.effective memory.max memory.current \
                memory.swap.max memory.stat
        fi
        case ",$controllers," in *,cpu,*) upwards 1 /sys/fs/cgroup/cpu "$path" cpu.cfs_quota_us cpu.cfs_period_us ;; esac
        case $controllers in
        cpuset) upwards 1 /sys/fs/cgroup/cpuset "$path" cpuset.effective_cpus cpuset.cpus ;;
        memory) upwards 1 /sys/fs/cgroup/memory "$path" memory.limit_in_bytes memory.memsw.limit_in_bytes \
            memory.usage_in_bytes memory.stat ;;
        esac
    done </proc/self/cgroup
}

builtin_pci() {
    for device in /sys/bus/pci/devices/*; do
        kind=$(first_line "$device/class") vendor=$(first_line "$device/vendor")
        case $kind in 0x03* | 0x12*) ;; *) case " $* " in *" ${vendor#0x} "*) ;; *) continue ;; esac ;; esac
        driver= render=
        [ -e "$device/driver" ] && driver=$(readlink "$device/driver")
        for node in "$device"/drm/renderD*; do [ -e "$node" ] && render=/dev/dri/${node##*/}; done
        id=${vendor#0x}:$(first_line "$device/device" | cut -c3-)
        row "$id" "$kind" "${device##*/}" "$(first_line "$device/subsystem_device" | cut -c3-)" "${driver##*/}" "$render"
    done
}

builtin_nodes() { # 1 where it is to be opened, then patterns
    opening=$1
    shift
    for path in $*; do
        [ -e "$path" ] || continue
        readable=0 writable=0 opened=
        [ -r "$path" ] && readable=1
        [ -w "$path" ] && writable=1
        if [ "$opening" = 1 ]; then
            if (: <>"$path") 2>/dev/null; then opened=1; else opened=0; fi
        fi
        # shellcheck disable=SC2012 # the group's name, where there is no stat
        row "$path" "$readable" "$writable" "$opened" "$(ls -ld "$path" | { read -r _ _ _ group _; echo "$group"; })"
    done
    [ -s "$folder/out" ] || absent
}

builtin_texts() { # 1 where names are enough, then patterns
    names_only=$1
    shift
    for pattern in "$@"; do
        case $pattern in '~/'*) pattern=$HOME/${pattern#\~/} ;; esac
        for path in $pattern; do
            [ -e "$path" ] || continue
            text=
            [ "$names_only" = 1 ] || [ ! -f "$path" ] || text=$(head -c 65536 "$path" 2>/dev/null | hexadecimal)
            row "$path" "$(readlink -f "$path" 2>/dev/null || printf '%s' "$path")" "$text"
        done
    done
    [ -s "$folder/out" ] || absent
}

QUESTION='import sys;sys.stdout.write("%d.%d.%d|%s" % (sys.version_info[:3] + (sys.implementation.name,)))'

builtin_pythons() { # the interpreter that was asked for is not there, but others may be
    seen=
    for folder_of in $(printf '%s' "$PATH:/usr/bin:/usr/local/bin" | tr ':' ' ') "$HOME"/.pyenv/versions/*/bin; do
        # pyenv's shims ask which version is meant; an environment is no interpreter to make others with
        case $folder_of in */shims) continue ;; esac
        [ -e "$folder_of/../pyvenv.cfg" ] && continue
        for path in "$folder_of"/python3 "$folder_of"/python3.[0-9] "$folder_of"/python3.[0-9][0-9]; do
            [ -x "$path" ] || continue
            real=$(readlink -f "$path" 2>/dev/null || printf '%s' "$path")
            case " $seen " in *" $real "*) continue ;; esac
            seen="$seen $real"
            told=$(limited "$path" -I -S -c "$QUESTION" 2>/dev/null) && row "$path" path "$told"
        done
    done
}

builtin_presence() {
    for word in "$@"; do
        case $word in
        '~/'*) [ -e "$HOME/${word#\~/}" ] && row path "$word" ;;
        /*) [ -e "$word" ] && row path "$word" ;;
        *) eval "value=\${$word-}"; [ -n "$value" ] && row variable "$word" ;;
        esac
    done
}

# -- the answer ---------------------------------------------------------------------------------------------

field() { printf ',"%s":{"hex":"' "$1"; head -c "$CAP" "$2" | hexadecimal; printf '"}'; }

finish() {
    wait
    {
        printf '\n%s{"probe":1,"shell":"sh","items":{' "$MARK"
        number=0
        while [ "$number" -lt "$COUNT" ]; do
            number=$((number + 1))
            folder=$FOLDER/$number
            [ "$number" = 1 ] || printf ,
            printf '"%s":{"outcome":"' "$(cat "$folder/name")"
            if [ -e "$folder/outcome" ]; then cat "$folder/outcome"; else printf read; fi
            printf '","ms":0'
            [ -e "$folder/code" ] && printf ',"code":%s' "$(cat "$folder/code")"
            field how "$folder/how"
            field out "$folder/out"
            field err "$folder/err"
            [ -e "$folder/value" ] && printf ',"builtin":true'
            printf '}'
        done
        printf '},"clock":["%s","%s"]}\n' "$BEGAN" "$(date -u +%s.%N 2>/dev/null)"
    }
}
