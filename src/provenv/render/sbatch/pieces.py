"""The pieces of the script that are the same for every run, as they are read by people.

`rank` and `node` go to the nodes as text (`declare -f`): exported functions do not pass every shell that a
site puts before srun.
"""

ATTEMPT = """\
# each start is an attempt of its own; Slurm counts them
attempt=$((${SLURM_RESTART_COUNT:-0} + 1))
export attempt_folder=$record/$attempt
now() { date -u +%Y-%m-%dT%H:%M:%S+00:00; }
mkdir -p "$attempt_folder"
began=$(now)
[ -s "$record/.since" ] || date +%s >"$record/.since"
rm -f "$record/told.json" "$attempt_folder/.leaving"
"""

HELD = """\
# whoever cleans up leaves this generation alone as long as the job runs
mkdir -p "$generation/leases"
exec 8>"$generation/leases/slurm-$SLURM_JOB_ID"
flock --shared 8 || true
"""

HEARD = """\
# USR1 is Slurm's word that the time is over soon, or `provenv runs stop`; TERM is `scancel` or the end
leaving= ended_by=
trap 'leaving=yes' USR1
trap 'ended_by=slurm' TERM
"""

TOLD = """\
leave() {
  touch "$attempt_folder/.leaving"
  # the training alone is told, not its launcher and helpers: who has lost those can't save
  srun --overlap --mem=0 --ntasks="$SLURM_JOB_NUM_NODES" --ntasks-per-node=1 --input=none --export=ALL \\
    bash -c 'cat "$attempt_folder/.pid-$SLURMD_NODENAME-"* 2>/dev/null | xargs -r kill -TERM' &
  # who has not left by then is ended: being put back into the queue takes a moment too
  (sleep "$PROVENV_RUN_GRACE"; kill -TERM "${launched:?}") 2>/dev/null &
}
trap 'leaving=yes; leave' USR1
# told before it began: each process hears of it as soon as it is there
[ -z "$leaving" ] || touch "$attempt_folder/.leaving"
"""

RANK = """\
# one process: where its words go, what is seen of it from within, its number and its exit code
rank() {
  local one=${RANK:-$SLURM_PROCID} child code
  export PROVENV_RUN_SEEN=$attempt_folder/rank-$one.jsonl PROVENV_RUN_STACKS=$attempt_folder/stacks-$one.txt
  "$@" >>"$attempt_folder/rank-$one.log" 2>&1 &
  child=$!
  echo "$child" >"$attempt_folder/.pid-$SLURMD_NODENAME-$one"
  trap 'kill -TERM "$child"' TERM
  [ ! -e "$attempt_folder/.leaving" ] || kill -TERM "$child"
  wait "$child"; code=$?
  while kill -0 "$child" 2>/dev/null; do wait "$child"; code=$?; done
  rm -f "$attempt_folder/.pid-$SLURMD_NODENAME-$one"
  echo "$one $code" >"$attempt_folder/.code-$one"
  # who leaves because it was told to must not end those that still save
  [ -e "$attempt_folder/.leaving" ] || return "$code"
}
"""

PLAIN = """\
# one process alone: it is not told of any other
node() { rank "$@"; }
"""

OWN = """\
# the command brings its own launcher: it is started once on each node, and told where the others are
node() {
  export PET_NNODES=$SLURM_JOB_NUM_NODES PET_NODE_RANK=$SLURM_NODEID
  export PET_MASTER_ADDR=$head PET_MASTER_PORT=$port
  export MASTER_ADDR=$head MASTER_PORT=$port NODE_RANK=$SLURM_NODEID
  rank "$@"
}
"""

TORCHRUN = """\
# torchrun on each node; they meet at the first one, which is told that it is the host of the meeting
node() {
  local is_host=false
  [ "$SLURM_NODEID" != 0 ] || is_host=true
  exec torchrun --nnodes="$SLURM_JOB_NUM_NODES" --nproc-per-node="$processes" --max-restarts=0 \\
    --rdzv-backend=c10d --rdzv-endpoint="$head:$port" --rdzv-id="$SLURM_JOB_ID-$attempt" \\
    --rdzv-conf="is_host=$is_host" --local-addr="$SLURMD_NODENAME" \\
    --no-python bash -c "$each; rank \\"\\$@\\"" rank "$@"
}
"""

TASKS = """\
# one task for each process, told of the others as torchrun would
node() {
  export RANK=$SLURM_PROCID LOCAL_RANK=$SLURM_LOCALID WORLD_SIZE=$SLURM_NTASKS
  export MASTER_ADDR=$head MASTER_PORT=$port
  export JAX_COORDINATOR_ADDRESS=$head:$port JAX_NUM_PROCESSES=$SLURM_NTASKS JAX_PROCESS_ID=$SLURM_PROCID
  rank "$@"
}
"""

MEETING = """\
# the nodes meet at the first one, on a port that is free there (this script runs on it)
head=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
port=$(python -c 'import socket; s = socket.socket(); s.bind(("", 0)); print(s.getsockname()[1])')
export head port processes attempt SLURM_JOB_NUM_NODES
"""

WAIT = """\
launched=$!
wait "$launched"; code=$?
# a signal wakes the shell up: what it started goes on
while kill -0 "$launched" 2>/dev/null; do wait "$launched"; code=$?; done
"""

ACCOUNT = """\
# how it ended: the first process that ended with another code than 0 tells
first= ranks=
while read -r one; do
  read -r number ended <"$attempt_folder/$one"
  mark=false
  if [ "$ended" != 0 ] && [ -z "$first" ]; then first=$number code=$ended mark=true; fi
  ranks="$ranks${ranks:+,}{\\"rank\\":$number,\\"code\\":$ended,\\"seconds\\":$SECONDS,\\"first\\":$mark}"
done < <(cd "$attempt_folder" && ls -tr .code-* 2>/dev/null)
rm -f "$attempt_folder"/.code-* "$attempt_folder"/.pid-* "$attempt_folder/.leaving"

account() { # whether it is started again, why
  printf '{"number":%d,"began":"%s","seconds":%d,"code":%d,"ranks":[%s],"restarted":%s,"why":%s}\\n' \\
    "$attempt" "$began" "$SECONDS" "$code" "$ranks" "$1" "$2" >>"$record/attempts.jsonl"
}
last_word() { # the file, the state, why
  printf '{"state":"%s","code":%d,"ended":"%s","seconds":%d,"why":%s}\\n' \\
    "$2" "$code" "$(now)" "$(($(date +%s) - $(cat "$record/.since")))" "$3" >"$record/.last"
  mv "$record/.last" "$record/$1" # whole or not at all
}
why() { printf '{"key":"slurm.why.%s","args":{"n":%d,"code":%d}}' "$1" "${2:-0}" "$code"; }
again() { # the word for it, how often still
  account true "$(why "$1" "$2")"
  # Slurm starts this script again from the top, some minutes later or when there is room
  scontrol requeue "$SLURM_JOB_ID" && exit 0
}
"""

VERDICT = """\
failures=$(cat "$record/attempts.jsonl" 2>/dev/null | grep -c slurm.why.retried)
if [ -n "$ended_by" ]; then
  # what this end is called (cancelled, out of time) Slurm tells whoever asks
  account false null
  last_word told.json preempted "$(why ended)"
elif [ -e "$record/stopped" ]; then
  account false null
  last_word end.json stopped "$(why stopped)"
elif [ -n "$leaving" ]; then
  if [ "$attempt" -le "$requeues" ]; then
    again requeued "$((requeues - attempt))"
  else
    account false null
  fi
  last_word end.json preempted "$(why left "$requeues")"
elif [ "$code" != 0 ]; then
  if [ "$failures" -lt "$retries" ]; then
    again retried "$((retries - failures - 1))"
  else
    account false null
  fi
  last_word end.json failed "$(why failed)"
else
  account false null
  last_word end.json "done" null
fi
exit "$code"
"""

COPY = """\
# each node lays the environment down on its own disk, once: the next job finds it there
environment=$node_folder/$key
lay_down() {
  mkdir -p "$node_folder"
  exec 7>"$node_folder/$key.lock"
  flock 7  # another job on this node may be at it
  [ ! -e "$environment/.whole" ] || return 0
  rm -rf "$environment"
  "$uv" venv --quiet --no-config --offline --relocatable --python "$python" "$environment" &&
    "$uv" pip install --quiet --no-config --offline --no-index --find-links "$wheels" --require-hashes \\
      --no-deps --cache-dir "$node_folder/cache" --python "$environment/bin/python" \\
      --requirements "$requirements" &&
    "$uv" pip check --quiet --no-config --python "$environment/bin/python" &&
    touch "$environment/.whole"
}
export node_folder key environment uv python wheels requirements
if ! srun --ntasks="$SLURM_JOB_NUM_NODES" --ntasks-per-node=1 --input=none --export=ALL \\
  --kill-on-bad-exit=1 bash -c "$(declare -f lay_down); lay_down"; then
  echo "the environment could not be laid down on every node" >&2
  exit 1
fi
"""
