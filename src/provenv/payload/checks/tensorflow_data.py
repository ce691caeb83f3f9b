"""Does tf.data hand over every record, whole and in order, with several workers?

Records lie in files, are read from all of them at once, parsed in parallel, batched and prefetched.
"""

import os

import tensorflow as tf
from prove_results import Results

SHARDS, EACH, BATCH, SIDE = 4, 48, 16, 32


def write(folder):
    paths = []
    for shard in range(SHARDS):
        path = os.path.join(folder, "shard-%d.tfrecord" % shard)
        paths.append(path)
        with tf.io.TFRecordWriter(path) as writer:
            for index in range(EACH):
                number = shard * EACH + index
                image = tf.io.serialize_tensor(tf.fill((SIDE, SIDE, 3), tf.constant(number % 251, tf.uint8)))
                features = {
                    "number": tf.train.Feature(int64_list=tf.train.Int64List(value=[number])),
                    "image": tf.train.Feature(bytes_list=tf.train.BytesList(value=[image.numpy()])),
                }
                example = tf.train.Example(features=tf.train.Features(feature=features))
                writer.write(example.SerializeToString())
    return paths


def parse(record):
    features = {"number": tf.io.FixedLenFeature((), tf.int64), "image": tf.io.FixedLenFeature((), tf.string)}
    example = tf.io.parse_single_example(record, features)
    image = tf.ensure_shape(tf.io.parse_tensor(example["image"], tf.uint8), (SIDE, SIDE, 3))
    return example["number"], tf.cast(image, tf.float32) / 255


def read(paths, seed=None):
    files = tf.data.Dataset.from_tensor_slices(paths)
    data = files.interleave(tf.data.TFRecordDataset, cycle_length=2, num_parallel_calls=2)
    data = data.map(parse, num_parallel_calls=2)
    if seed is not None:
        data = data.shuffle(SHARDS * EACH, seed=seed)
    return data.batch(BATCH).prefetch(2)


def run(options):
    paths, results = write(options["scratch"]), Results()
    numbers, wrong = [], []
    for found, images in read(paths):
        numbers += found.numpy().tolist()
        for number, image in zip(found.numpy(), images.numpy()):  # noqa: B905 - before Python 3.10
            if abs(float(image.min()) * 255 - number % 251) > 1e-3 or image.min() != image.max():
                wrong.append(int(number))
    # two files at a time, one record of each in turn
    pairs = [(0, 1), (2, 3)]
    order = [shard * EACH + index for pair in pairs for index in range(EACH) for shard in pair]
    results.equal("order", numbers, order)
    results.equal("content", wrong, [])
    first, again = ([n for part, _ in read(paths, 5) for n in part.numpy().tolist()] for _ in range(2))
    results.equal("shuffled with a seed", first, again)
    results.equal("shuffled", sorted(first), sorted(order))
    return {"results": results, "said": {"records": len(numbers), "files": len(paths)}}
