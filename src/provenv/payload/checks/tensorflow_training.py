"""Does a small training learn? A convolutional network of plain TensorFlow on images of digits."""

import prove_learning
import tensorflow as tf
from prove_results import Results

BATCH = 64


def run(options):
    tf.random.set_seed(0)
    images, labels, data = prove_learning.digits()
    seen, held = prove_learning.split(len(images))
    images, labels = tf.constant(images, tf.float32)[..., None], tf.constant(labels, tf.int32)
    stateless = tf.random.stateless_normal
    weights = [
        tf.Variable(stateless((3, 3, 1, 16), (0, 1)) * 0.3),
        tf.Variable(tf.zeros(16)),
        tf.Variable(stateless((256, 10), (0, 2)) * 0.06),
        tf.Variable(tf.zeros(10)),
    ]
    speed = [tf.Variable(tf.zeros_like(weight)) for weight in weights]

    def network(batch):
        hidden = tf.nn.relu(tf.nn.conv2d(batch, weights[0], 1, "SAME") + weights[1])
        hidden = tf.reshape(tf.nn.max_pool2d(hidden, 2, 2, "VALID"), (-1, 256))
        return tf.matmul(hidden, weights[2]) + weights[3]

    @tf.function
    def step(batch, answers):
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(answers, network(batch))
            loss = tf.reduce_mean(losses)
        for weight, moved, gradient in zip(weights, speed, tape.gradient(loss, weights)):  # noqa: B905
            moved.assign(0.9 * moved + gradient)
            weight.assign_sub(0.05 * moved)
        return loss

    loader = tf.data.Dataset.from_tensor_slices((tf.gather(images, seen), tf.gather(labels, seen)))
    loader = loader.shuffle(len(seen), seed=0).batch(BATCH, drop_remainder=True)
    losses = []
    for _ in range(options["epochs"]):
        found = [float(step(batch, answers)) for batch, answers in loader]
        losses.append(sum(found) / len(found))
    answers = tf.argmax(network(tf.gather(images, held)), axis=1, output_type=tf.int32)
    results = Results()
    results.accuracy(data, float(tf.reduce_mean(tf.cast(answers == tf.gather(labels, held), tf.float32))))
    device = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
    return {"results": results, "losses": losses, "said": {"data": data, "held": len(held), "device": device}}
