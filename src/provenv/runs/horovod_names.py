"""What takes the place of each name of Horovod's: a key of the catalogues, by family of frameworks."""

from __future__ import annotations

from collections.abc import Mapping

BUILT = (
    *("mpi_threads_supported", "mpi_enabled", "mpi_built", "gloo_enabled", "gloo_built", "nccl_built"),
    *("ddl_built", "ccl_built", "cuda_built", "rocm_built", "check_extension", "check_num_rank_power_of_2"),
)
OPERATIONS = ("Average", "Sum", "Adasum", "Min", "Max", "Product", "global_process_set", "ProcessSet")
LAUNCHED = ("run", "run_elastic", "RayExecutor", "ElasticRayExecutor")


def _named(rows: Mapping[str, str]) -> dict[str, str]:
    return {name: key for key, names in rows.items() for name in names.split()}


TORCH = _named(
    {
        "init": "init",
        "shutdown": "shutdown",
        "is_initialized": "is_initialized",
        "rank": "rank",
        "size": "size",
        "local_rank": "local_rank",
        "local_size": "local_size",
        "cross": "cross_rank cross_size",
        "optimizer": "DistributedOptimizer",
        "parameters": "broadcast_parameters",
        "optimizer_state": "broadcast_optimizer_state",
        "allreduce": "allreduce allreduce_ grouped_allreduce grouped_allreduce_ sparse_allreduce_async",
        "awaited": "allreduce_async allreduce_async_ grouped_allreduce_async grouped_allreduce_async_ "
        "synchronize poll allgather_async broadcast_async broadcast_async_ "
        "alltoall_async reducescatter_async",
        "allgather": "allgather grouped_allgather",
        "allgather_object": "allgather_object",
        "broadcast": "broadcast broadcast_",
        "broadcast_object": "broadcast_object",
        "alltoall": "alltoall",
        "reducescatter": "reducescatter grouped_reducescatter",
        "barrier": "barrier",
        "join": "join",
        "norm": "SyncBatchNorm",
        "compression": "Compression Compression.fp16 Compression.none",
        "operation": " ".join(OPERATIONS),
        "built": " ".join(BUILT),
        "launched": " ".join(LAUNCHED),
        "timeline": "start_timeline stop_timeline",
        "elastic_sampler": "elastic.ElasticSampler",
        "elastic": "elastic elastic.run elastic.TorchState elastic.State elastic.ObjectState",
    }
)
TENSORFLOW = _named(
    {
        "init": "init",
        "rank": "rank",
        "size": "size",
        "local_rank": "local_rank local_size cross_rank cross_size",
        "optimizer": "DistributedOptimizer",
        "tape": "DistributedGradientTape PartialDistributedGradientTape",
        "variables": "broadcast_variables broadcast_global_variables BroadcastGlobalVariablesHook "
        "callbacks.BroadcastGlobalVariablesCallback broadcast broadcast_object broadcast_object_fn",
        "metrics": "callbacks.MetricAverageCallback",
        "rate": "callbacks.LearningRateWarmupCallback callbacks.LearningRateScheduleCallback",
        "allreduce": "allreduce grouped_allreduce",
        "allgather": "allgather allgather_object grouped_allgather",
        "norm": "SyncBatchNormalization",
        "loaded": "load_model",
        "needless": "shutdown is_initialized join barrier Compression Compression.fp16 Compression.none "
        + " ".join((*OPERATIONS, *BUILT)),
        "launched": " ".join(LAUNCHED),
        "timeline": "start_timeline stop_timeline",
        "elastic": "elastic elastic.run elastic.KerasState elastic.TensorFlowKerasState "
        "elastic.TensorFlowState elastic.CommitStateCallback "
        "elastic.UpdateBatchStateCallback elastic.UpdateEpochStateCallback",
    }
)


def key_of(name: str, rows: Mapping[str, str]) -> str:
    """Return the key for a name, or for the longest beginning of it that is known; `other` for none."""
    while name not in rows and "." in name:
        name = name.rpartition(".")[0]
    return rows.get(name, "other")
