# the shorter form, as many have it: every change of the code installs everything again
ARG BASE=python:3.11-slim
FROM $BASE
ARG PIP_INDEX_URL
WORKDIR /app
COPY . .
RUN pip install --no-cache-dir -r requirements.txt
CMD ["python", "train.py"]
