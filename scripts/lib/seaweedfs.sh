# A throw-away S3 server on the loopback address: SeaweedFS checks signatures, checksums and conditional writes.
# Needs messages.sh and ports.sh.
# shellcheck shell=bash disable=SC2034,SC2154

# seaweedfs_start FOLDER PYTHON [VOLUMES [MIB]]: starts `weed` from PYTHON's environment with a new, empty store in FOLDER
# of up to 40 volumes of 64 MiB, or as many and as large as it is told.
# Sets seaweedfs_endpoint, seaweedfs_master, seaweedfs_access_key, seaweedfs_secret_key (may do all) and
# seaweedfs_reader_access_key, seaweedfs_reader_secret_key (may only read), and makes the bucket `sluice-test`.
seaweedfs_start() {
    local folder python=$2 volumes=${3:-40} size=${4:-64} programs master volume filer s3 attempt
    rm -rf "$1"
    mkdir -p "$1/data"
    folder=$(cd "$1" && pwd)
    programs=$(cd "${python%/*}" && pwd)
    choose_port && master=$chosen_port
    choose_port && volume=$chosen_port
    choose_port && filer=$chosen_port
    choose_port && s3=$chosen_port
    seaweedfs_endpoint=http://127.0.0.1:$s3
    seaweedfs_master=http://127.0.0.1:$master
    seaweedfs_access_key=sluice-test
    seaweedfs_secret_key=$(od -An -tx1 -N16 /dev/urandom | tr -d ' \n')
    seaweedfs_reader_access_key=sluice-reader
    seaweedfs_reader_secret_key=$(od -An -tx1 -N16 /dev/urandom | tr -d ' \n')
    cat >"$folder/s3.json" <<JSON
{"identities": [
  {"name": "owner",
   "credentials": [{"accessKey": "$seaweedfs_access_key", "secretKey": "$seaweedfs_secret_key"}],
   "actions": ["Admin", "Read", "Write", "List", "Tagging"]},
  {"name": "reader",
   "credentials": [{"accessKey": "$seaweedfs_reader_access_key", "secretKey": "$seaweedfs_reader_secret_key"}],
   "actions": ["Read", "List"]}
]}
JSON
    # A session of its own: Ctrl-C is for the script, which then stops the server. No port is left at its fixed default,
    # and no statistics are sent anywhere.
    (cd "$folder" && exec setsid "$programs/weed" -logtostderr=true server -dir="$folder/data" \
        -ip=127.0.0.1 -ip.bind=127.0.0.1 -master.telemetry=false \
        -master.port="$master" -master.volumeSizeLimitMB="$size" -volume.port="$volume" -volume.max="$volumes" \
        -filer -filer.port="$filer" -filer.localSocket="$folder/filer.sock" \
        -s3 -s3.port="$s3" -s3.port.iceberg=0 -s3.port.lance=0 -s3.localSocket="$folder/s3.sock" \
        -s3.config="$folder/s3.json") >"$folder/weed.log" 2>&1 </dev/null &
    seaweedfs_pid=$!
    for ((attempt = 0; attempt < 120; attempt++)); do
        kill -0 "$seaweedfs_pid" 2>/dev/null || fail "SeaweedFS ended: $(tail -n 3 "$folder/weed.log")"
        if SLUICE_S3="$seaweedfs_endpoint $seaweedfs_access_key $seaweedfs_secret_key" "$python" - 2>/dev/null <<'PYTHON'
import os, boto3
from botocore.config import Config
endpoint, access, secret = os.environ['SLUICE_S3'].split()
client = boto3.client('s3', endpoint_url=endpoint, aws_access_key_id=access, aws_secret_access_key=secret,
                      region_name='us-east-1', config=Config(retries={'max_attempts': 1}, connect_timeout=2))
client.create_bucket(Bucket='sluice-test')
client.put_object(Bucket='sluice-test', Key='ready', Body=b'ready')
client.delete_object(Bucket='sluice-test', Key='ready')
PYTHON
        then return 0; fi
        sleep 0.5
    done
    fail "SeaweedFS did not become ready: $(tail -n 3 "$folder/weed.log")"
}

seaweedfs_stop() {
    [ -n "${seaweedfs_pid:-}" ] || return 0
    kill "$seaweedfs_pid" 2>/dev/null || return 0
    local attempt
    for ((attempt = 0; attempt < 50; attempt++)); do
        kill -0 "$seaweedfs_pid" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -9 "$seaweedfs_pid" 2>/dev/null || true
}
