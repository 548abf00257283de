#!/usr/bin/env python3
"""Trims aiogram's machine-readable Bot API schema to what the fake checks: names, types, and what is required.

Use: trim.py aiogram-3.31.0/.butcher/schema/schema.json > bot-api-10.3.json
"""

import json
import re
import sys

FIXED = re.compile(r"(?:always|must be) ['\u2018\u201c]?\*?([a-z_]+)\*?['\u2019\u201d]?\s*\.?$")


def kind(text):
    """'Array of A, B and C' -> 'A|B|C[]'; 'A or B' -> 'A|B'."""
    depth = 0
    while text.startswith("Array of "):
        text, depth = text[len("Array of "):], depth + 1
    return "|".join(re.split(r", | and | or ", text)) + "[]" * depth


def field(note):
    mark = "!" if note["required"] else ""
    if note["name"] in ("type", "status", "source"):
        fixed = FIXED.search(note["description"].split("\n")[0].strip())
        if fixed and note["type"] == "String":
            return f"{mark}={fixed.group(1)}"
    return mark + kind(note["type"])


def main():
    schema = json.load(open(sys.argv[1], encoding="utf-8"))
    types, methods = {}, {}
    for group in schema["items"]:
        for entry in group["children"]:
            if entry["category"] == "methods":
                methods[entry["name"]] = {n["name"]: field(n) for n in entry["annotations"]}
                continue
            any_of = re.findall(r"^ - (\w+)$", entry["description"], re.M)
            if not entry["annotations"] and any_of:
                types[entry["name"]] = any_of
            else:
                types[entry["name"]] = {n["name"]: field(n) for n in entry["annotations"]}
    types["RichText"] = ["String", "RichText[]"] + types["RichText"]
    trimmed = {"version": schema["api"]["version"], "types": types, "methods": methods}
    json.dump(trimmed, sys.stdout, ensure_ascii=False, separators=(",", ":"))
    print()


main()
