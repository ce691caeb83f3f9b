# Prints which of its arguments are there: `library NAME`, `program NAME` and `package NAME` pairs.
# Run as `sh -c SCRIPT sh MANAGER KIND NAME KIND NAME ...`; one line `KIND NAME` for each that is.
manager=$1
shift
libraries=$({ ldconfig -p || /sbin/ldconfig -p; } 2>/dev/null)

has_library() {
    case $libraries in
        *"	$1 ("*) return 0 ;;
    esac
    for folder in /lib /usr/lib /usr/local/lib /lib64 /usr/lib64 /opt/homebrew/lib /lib/*-linux-gnu /usr/lib/*-linux-gnu; do
        if [ -e "$folder/$1" ]; then return 0; fi
    done
    return 1
}

has_package() {
    case $manager in
        apt) dpkg-query --show --showformat='${db:Status-Status}\n' "$1" | grep -q '^installed$' ;;
        dnf | zypper) rpm --query --whatprovides "$1" ;;
        pacman) pacman --query "$1" ;;
        apk) apk info --exists "$1" ;;
        brew) brew list --versions "$1" ;;
        *) return 1 ;;
    esac >/dev/null 2>&1
}

while [ $# -ge 2 ]; do
    case $1 in
        library) has_library "$2" && echo "library $2" ;;
        program) command -v "$2" >/dev/null 2>&1 && echo "program $2" ;;
        package) has_package "$2" && echo "package $2" ;;
    esac
    shift 2
done
# an answer of nothing is an answer
echo end
