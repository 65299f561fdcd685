"""Print what a small judge model is to learn: the requests that images/eval makes of answers, and the replies.

PYTHONPATH=images/eval:images python tests/evaluation/judge_lessons.py FACTS < CASES

FACTS is the judge model's entry of the catalog as JSON; a case is a line of JSON: ask, references, said (the answers),
reply.
"""

import json
import sys

from evaluation import judge_model

facts = json.loads(sys.argv[1])
for number, line in enumerate(sys.stdin):
    case = json.loads(line)
    sample = {"ask": case["ask"], "references": case["references"]}
    messages = judge_model.request(facts, sample, case["said"], 0, judge_model.new_mark())["messages"]
    print(json.dumps({"id": f"l{number}", "messages": messages, "references": [case["reply"]]}))
