"""How soon is a sentence written? Full-size T5 and Marian (models/recipes/full_seq2seq.py) by the peers, in turns, by hand.

    python seq2seq_numbers.py FOLDER && python writing.py FOLDER THREADS [ROUNDS] [--only PART_OF_NAME]

Texts are those of FOLDER/reference.json; everybody writes the same number of tokens. A row says the median wait, tokens a
second, the peak memory of the process up to there (one process for greedy, one for 4 beams, short texts first), and how many
tokens at the beginning are those of transformers in reference.json.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PEERS = {
    "CTranslate2 fp32": ("ctranslate2_writes.py", "float32"),
    "CTranslate2 int8": ("ctranslate2_writes.py", "int8"),
    "transformers fp32": ("transformers_writes.py", "torch"),
    "optimum fp32": ("transformers_writes.py", "onnx"),
    "optimum int8": ("transformers_writes.py", "int8"),
}


class Peer:
    def __init__(self, name, folder, threads):
        script, form = PEERS[name]
        environment = os.environ | {"OMP_NUM_THREADS": str(threads), "PYTHONWARNINGS": "ignore", "TQDM_DISABLE": "1"}
        self.name = name
        self.process = subprocess.Popen([sys.executable, HERE / script, folder, form, str(threads)], env=environment,
                                        text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        first = self.process.stdout.readline()
        if not first:
            raise SystemExit(f"{name} does not start; the lines above say why")
        self.about = json.loads(first)["about"]

    def ask(self, **request):
        print(json.dumps({"do": "write"} | request), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def peak(self):
        """MiB."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def begun(ours, theirs):
    """Tokens at the beginning that are the same."""
    return next((at for at, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("threads", type=int)
    parser.add_argument("rounds", type=int, nargs="?", default=5)
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    rows = json.loads((args.folder / "reference.json").read_text())
    there = [name for name in PEERS if args.only in name and (name != "optimum int8" or (args.folder / "int8").exists())]
    print("| beams | read | written | who | wait | tokens/s | peak | as transformers |\n| --- | --- | --- | --- | --- | --- | --- | --- |")
    for beams in (1, 4):
        peers = [Peer(name, args.folder, args.threads) for name in there]
        for row in rows:
            truth = row[f"beams{beams}"][1:]
            request = dict(ids=row["ids"], new=len(truth), beams=beams)
            told = {peer.name: peer.ask(**request) for peer in peers}  # warms up
            waits = {peer.name: [] for peer in peers}
            for _ in range(args.rounds):
                for peer in peers:
                    waits[peer.name].append(peer.ask(**request)["whole"])
            for peer in peers:
                wait, ids = statistics.median(waits[peer.name]), told[peer.name]["ids"]
                print(f"| {beams} | {len(row['ids'])} | {len(ids)} | {peer.name} | {1000 * wait:.0f} ms | {len(ids) / wait:.1f} "
                      f"| {peer.peak():.0f} MiB | {begun(ids, truth)} of {len(truth)} |", flush=True)
        abouts = [peer.about for peer in peers]
        for peer in peers:
            peer.end()
    print(*abouts, f"{args.threads} threads, load {os.getloadavg()[0]:.1f}", sep="\n")


if __name__ == "__main__":
    main()
