"""Holds each answer against openapi/helix.yaml, and keeps account of what was provoked."""

import copy
import re

import yaml
from jsonschema import Draft202012Validator, FormatChecker

METHODS = ("get", "post", "put", "patch", "delete")
PROBLEMS = "https://helix.eose.ca/problems/"


def closed(node):
    """A copy of a schema in which an answer may have no member that is not described."""
    if isinstance(node, list):
        return [closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    result = {key: closed(value) for key, value in node.items()}
    plain = node.get("type") == "object" and isinstance(node.get("properties"), dict)
    if plain and "additionalProperties" not in node:
        result["additionalProperties"] = False
    return result


class Contract:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.document = yaml.safe_load(file)
        self.closed = copy.deepcopy(self.document["components"])
        # A manifest is Kubernetes' own; it is open on purpose.
        for name, schema in self.document["components"]["schemas"].items():
            if name != "Manifest":
                self.closed["schemas"][name] = closed(schema)
        self.operations = {}
        for route, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    self.operations[item[method]["operationId"]] = (method.upper(), route, item[method])
        table = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", self.document["info"]["description"], re.M)
        self.problem_status = {name: int(status) for name, status in table}
        self.seen = {}  # operationId -> statuses that were answered
        self.problem_types = set()
        self.faults = []
        self.answers = 0

    def resolve(self, node):
        while "$ref" in node:
            part = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                part = part[step]
            node = part
        return node

    def documented(self, operation_id):
        return {int(status) for status in self.operations[operation_id][2]["responses"]}

    def patterns(self):
        """(method, pattern) that a server needs, and no others."""
        for method, route, _ in self.operations.values():
            parts = re.split(r"\{[^}]+\}", route)
            yield method, "([^/]+)".join(re.sub(r"\.", r"\\.", part) for part in parts)

    def fault(self, where, what):
        self.faults.append(f"{where}: {what}")
        print(f"FAILED: {where}: {what}")

    def check(self, operation_id, answer, where, target, head_only=False):
        """`answer` came to a request for `target`, meant for `operation_id`."""
        self.answers += 1
        operation = self.operations[operation_id][2]
        self.seen.setdefault(operation_id, set()).add(answer.status)
        response = operation["responses"].get(str(answer.status))
        if response is None:
            return self.fault(where, f"status {answer.status} is not documented: {answer.body[:300]}")
        response = self.resolve(response)
        self.check_headers(answer, response, where)
        media = response.get("content", {})
        if answer.media_type not in media:
            return self.fault(where, f"content type {answer.media_type!r} is not documented for {answer.status}")
        if head_only:
            return None
        if answer.media_type.endswith("json"):
            self.check_body(answer, media[answer.media_type]["schema"], where)
        if answer.media_type == "application/problem+json":
            self.check_problem(answer, where, target)
        return None

    def check_headers(self, answer, response, where):
        for name, header in response.get("headers", {}).items():
            value = answer.headers.get(name.lower())
            if value is None:
                # Only a replay says that it is one.
                if name != "Idempotency-Replayed":
                    self.fault(where, f"{answer.status} lacks the header {name}")
                continue
            schema = self.resolve(header)["schema"]
            typed = int(value) if schema["type"] == "integer" and value.isdigit() else value
            if not Draft202012Validator(schema).is_valid(typed):
                self.fault(where, f"the header {name} is {value!r}")

    def check_body(self, answer, schema, where):
        try:
            body = answer.json()
        except ValueError as problem:
            return self.fault(where, f"the body is no JSON: {problem}")
        validator = Draft202012Validator({"allOf": [closed(schema)], "components": self.closed},
                                         format_checker=FormatChecker())
        for failure in validator.iter_errors(body):
            self.fault(where, f"{'/'.join(map(str, failure.absolute_path))}: {failure.message[:300]}")
        return None

    def check_problem(self, answer, where, target):
        problem = answer.json()
        name = problem.get("type", "").removeprefix(PROBLEMS)
        self.problem_types.add(name)
        if problem.get("status") != answer.status or self.problem_status.get(name) != answer.status:
            self.fault(where, f"problem {name} says {problem.get('status')} in a {answer.status}")
        for member in ("title", "detail", "mend"):
            if not problem.get(member):
                self.fault(where, f"the problem {name} has no {member}")
        # What the framing refuses has no request to name.
        unread = name in ("headers-too-large", "target-too-long") or problem["detail"].startswith(
            ("the request line", "the request body", "compressed and multipart"))
        expected = target.split("?")[0][:256]
        if not unread and problem.get("instance") != expected and "cycle" not in problem:
            self.fault(where, f"the problem's instance is {problem.get('instance')!r}, not {expected!r}")
