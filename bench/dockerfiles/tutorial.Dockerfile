# what most tutorials end with, pip's cache left out as the careful ones have it
ARG BASE=python:3.11-slim
FROM $BASE
ARG PIP_INDEX_URL
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
CMD ["python", "train.py"]
