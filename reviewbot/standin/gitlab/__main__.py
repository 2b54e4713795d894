"""Runs the stand-in alone with the sample merge request, for trying the product by hand."""

import argparse
import signal
import sys
import threading

from reviewbot.standin import sample
from reviewbot.standin.gitlab.lab import Lab
from reviewbot.standin.gitlab.payloads import web_url


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m reviewbot.standin.gitlab", description=__doc__)
    parser.add_argument("--port", type=int, default=8929, help="0: any free one (default: 8929)")
    parser.add_argument("--prefix", default="", help='path under which the instance lives, such as "/gitlab"')
    parser.add_argument("--hook", metavar="URL", help="send webhooks there")
    parser.add_argument("--hook-token", metavar="TOKEN", help="secret token of the webhooks")
    options = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with Lab(prefix=options.prefix) as lab, lab.serve(port=options.port) as url:
        if options.hook:
            lab.hook(options.hook, token=options.hook_token)
        merge_request = sample.build(lab)
        sys.stdout.write(f"GitLab         {url}\n")
        sys.stdout.write(f"bot's token    {sample.token(lab)}\n")
        sys.stdout.write(f"ada's token    {sample.author_token(lab)}\n")
        sys.stdout.write(f"merge request  {web_url(merge_request)}\n")
        sys.stdout.flush()
        ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
