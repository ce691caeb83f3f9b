# the same without a word on pip's cache, which stays in the layer
ARG BASE=python:3.11-slim
FROM $BASE
ARG PIP_INDEX_URL
WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
CMD ["python", "train.py"]
