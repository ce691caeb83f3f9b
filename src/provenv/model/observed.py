"""What is seen of a running process, as lines of JSON: the words that writers and readers agree on.

`rank-N.jsonl` is written from within the process by payload/watching. Each line is an object with `k`, the
kind, and `t`, seconds since the epoch (float). Unknown keys and kinds are passed over by readers; a last
line without its newline is torn and counts for nothing.

    begin   pid, python, argv, rank, world
    uses    framework, version: as soon as one is seen at work (torch, lightning, transformers, keras, jax...)
    step    n: steps of the whole training (a resumed one counts on); d: seconds since the line before;
            s: steps in it; w: seconds of it spent waiting for data; at most one line a second
    metric  name, value, n (the step), e (the epoch, if known); a loss is called `loss`
    epoch   e: epochs that ended; total, if known
    total   n: steps there will be, if the framework knows
    work    flops: of one step, forward and backward, if it could be told; kinds: the same by the type that is
            multiplied (bfloat16, float16, tf32, float32); device: its name, of a GPU
    seed    name, value
    beat    n: steps so far; w: seconds that the main thread now waits for data; written every few seconds by
            a thread of its own, as long as the process lives
    save    path, seconds, n: a checkpoint was written
    resume  path, n: training went on from a checkpoint
    fit     estimator, state, seconds: scikit-learn, which has no steps
    note    text: something that could not be seen, and why
    end     code or exception (its type and words)

`resources.jsonl` is written by whoever watches, once a second: `t`, `cpu` (cores in use), `memory` (bytes of
all processes, shared pages once: PSS), `processes`, `workers` (bytes by process, for slopes), `shm` (bytes of
/dev/shm in use), `disk_free`, `read`, `written`, `received`, `sent` (bytes since the attempt began), `gpus`
(list of {index, memory, utilisation}).

The process is told by variables where to write (environ): PROVENV_RUN_SEEN the file, PROVENV_RUN_STACKS where
stacks go, PROVENV_RUN_GRACE the seconds that it has to leave once it was told to (SIGTERM).
"""
