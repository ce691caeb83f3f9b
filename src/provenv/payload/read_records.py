"""Send what the packages of an environment recorded of themselves: a tar of `lib/.../*.dist-info/RECORD`.

Sent to a place as one text (`python -I -S -`) with a last line `main(ROOT)`. It decides nothing.
Python >= 3.6, standard library only.
"""

import glob
import os
import sys
import tarfile


def main(root):
    os.chdir(root)
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        for info in sorted(glob.glob("lib/python*/site-packages/*.dist-info")):
            archive.add(info, recursive=False)
            record = info + "/RECORD"
            if os.path.isfile(record):
                archive.add(record, recursive=False)
