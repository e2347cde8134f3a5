FROM python:3.11-slim

# llama.cpp (xllamacpp) needs OpenMP's runtime.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgomp1 libstdc++6 \
    && rm -rf /var/lib/apt/lists/*

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 UNDERSTUDY_HOME=/data

RUN useradd --create-home --uid 10001 understudy \
    && install --directory --owner=understudy --mode=0700 /data

WORKDIR /understudy
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .

USER understudy
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=6 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8501/api/health', timeout=4)"]

# Inside the container every address may be listened on: what is open to the world, compose decides.
CMD ["streamlit", "run", "app/main.py", "--server.address", "0.0.0.0", "--server.port", "8501", "--server.headless", "true"]
