"""A step that copies a file of HDFS: INPUT OUTPUT, both hdfs://, by the web server that NAMENODE names."""

import json
import os
import sys
import urllib.parse
import urllib.request


def ask(method, url, body=None):
    """Send a request, and give the answer's body."""
    with urllib.request.urlopen(urllib.request.Request(url, body, method=method), timeout=30) as answer:
        return answer.read()


def place(address, operation):
    """The URL of an operation on a file."""
    path = urllib.parse.quote(urllib.parse.urlsplit(address).path)
    return f"http://{os.environ['NAMENODE']}/webhdfs/v1{path}?user.name={os.environ['HADOOP_USER_NAME']}&op={operation}"


source, target = sys.argv[1:]
to = json.loads(ask("PUT", place(target, "CREATE&noredirect=true")))["Location"]
ask("PUT", to, ask("GET", place(source, "OPEN")))
print(f"copied {source} to {target}")
