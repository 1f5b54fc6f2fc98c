"""What the programs tools/check_* share: the files of the tree, and a self-test that plants
violations in a tree of its own and demands that each is found."""

import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CPP_SUFFIXES = (".h", ".cc")


class Tree:
    """The files of a checkout: those that git tracks or would track, or every file of a folder
    that is no git repository. `paths` are relative, sorted, with forward slashes."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        listing = subprocess.run(
            ["git", "-c", "safe.directory=*", "ls-files", "-z", "-co", "--exclude-standard"],
            cwd=self.root, capture_output=True, text=True, check=False)
        if listing.returncode == 0:
            names = set(listing.stdout.split("\0")) - {""}
        else:
            names = {str(p.relative_to(self.root)) for p in self.root.rglob("*")}
            names = {n for n in names if not n.startswith((".git/", "build/"))}
        self.paths = sorted(n for n in names if (self.root / n).is_file())

    def cpp(self):
        return [p for p in self.paths if p.endswith(CPP_SUFFIXES)]

    def read(self, path):
        """The file's text, or None when it is not text."""
        try:
            return (self.root / path).read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            return None

    def scripts(self, *interpreters):
        """Files whose first line names one of the interpreters."""
        found = []
        for path in self.paths:
            with open(self.root / path, "rb") as file:
                first = file.readline(200)
            if first.startswith(b"#!") and any(i.encode() in first for i in interpreters):
                found.append(path)
        return found


def planted_tree(files):
    folder = tempfile.TemporaryDirectory(prefix="florin-check-")
    for path, text in files.items():
        target = pathlib.Path(folder.name) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode("utf-8"))
    return folder


def self_test(find_problems, clean, planted):
    """`clean` is a tree ({path: text}) without problems; `planted` lists (name, {path: text} to
    add to it, a part of the message that must be reported). Returns what was not as it must be."""
    wrong = []
    for name, files, expected in [("clean", {}, None)] + planted:
        with planted_tree({**clean, **files}) as folder:
            problems = find_problems(Tree(folder))
        if expected is None and problems:
            wrong.append(f"{name}: expected no problem, found {problems}")
        if expected is not None and not any(expected in p for p in problems):
            wrong.append(f"{name}: expected '{expected}', found {problems}")
    return wrong


def main(find_problems, clean, planted):
    """Runs a check on this checkout, or its self-test; the exit status is 1 when it finds
    anything."""
    if sys.argv[1:] == ["--self-test"]:
        problems = self_test(find_problems, clean, planted)
        done = f"self-test: {len(planted)} planted violations found"
    elif sys.argv[1:]:
        sys.exit(f"usage: {sys.argv[0]} [--self-test]")
    else:
        problems = find_problems(Tree(ROOT))
        done = "no problems"
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problems" if problems else done)
    sys.exit(1 if problems else 0)
