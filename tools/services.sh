#!/usr/bin/env bash
# What tests need beside Python and Node: Chromium, PostgreSQL, Redis. Installed and started where missing and possible.
set -u
have() { command -v "$1" >/dev/null 2>&1; }
up_postgres() { .venv/bin/python - <<'PY' 2>/dev/null
import os, psycopg
url = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres").replace("+psycopg", "")
psycopg.connect(url, connect_timeout=3).close()
PY
}
up_redis() { .venv/bin/python -c 'import redis; redis.Redis(socket_timeout=3).ping()' 2>/dev/null; }

missing=()
have chromium || have chromium-browser || have google-chrome || missing+=(chromium)
up_postgres || have psql || missing+=(postgresql)
up_redis || have redis-server || missing+=(redis-server)
if [ ${#missing[@]} -gt 0 ]; then
  if have apt-get && [ "$(id -u)" = 0 ]; then
    echo "Installing ${missing[*]} …"
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } >/tmp/vetrina-services.log 2>&1 \
      || echo "Could not install ${missing[*]}; see /tmp/vetrina-services.log. Their tests are skipped."
  else
    echo "Not found: ${missing[*]}. Install them to run their tests; they are skipped now."
  fi
fi

if ! up_postgres && have pg_ctlcluster; then
  version=$(ls /etc/postgresql 2>/dev/null | sort -n | tail -1)
  if [ -n "$version" ]; then
    hba=$(ls /etc/postgresql/"$version"/main/pg_hba.conf 2>/dev/null)
    # Only a cluster that was installed a moment ago by this script is opened to local connections.
    [[ " ${missing[*]-} " == *" postgresql "* ]] && [ -w "$hba" ] && sed -i 's#^host\s\+all\s\+all\s\+127.0.0.1/32\s.*#host all all 127.0.0.1/32 trust#' "$hba"
    pg_ctlcluster --skip-systemctl-redirect "$version" main restart >/dev/null 2>&1
    for _ in 1 2 3 4 5 6 7 8 9 10; do up_postgres && break; sleep 1; done
  fi
fi
if ! up_redis && have redis-server; then
  redis-server --daemonize yes --bind 127.0.0.1 --save "" --appendonly no >/dev/null 2>&1
  sleep 1
fi
up_postgres || echo "PostgreSQL does not answer."
up_redis || echo "Redis does not answer."
exit 0
