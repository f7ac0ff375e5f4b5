#!/usr/bin/env python3
"""Checks openapi/helix.yaml by itself: references resolve, schemas are schemas, every example fits its schema, and
requests that must be refused are refused by the schemas too."""

import sys

import yaml
from jsonschema import Draft202012Validator

METHODS = {"get", "post", "put", "patch", "delete"}
OBJECT = {"kind": "Deployment", "namespace": "shop", "name": "cart"}
SCALE = {"target": "demo", "verb": "scale", "object": OBJECT, "replicas": 5}
REFUSED = {
    "unknown member": SCALE | {"replica": 5},
    "negative replicas": SCALE | {"replicas": -1},
    "absurd replicas": SCALE | {"replicas": 100001},
    "replicas as text": SCALE | {"replicas": "5"},
    "scale without replicas": {"target": "demo", "verb": "scale", "object": OBJECT},
    "member of another verb": SCALE | {"image": "web:1"},
    "unknown verb": SCALE | {"verb": "explode"},
    "no target": {"verb": "cordon", "object": {"kind": "Node", "name": "n1"}},
    "label that does nothing": {"target": "demo", "verb": "label", "object": OBJECT},
    "name with a slash": SCALE | {"object": OBJECT | {"name": "../cart"}},
    "create without manifest": {"target": "demo", "verb": "create", "object": OBJECT},
}


def walk(node, path=()):
    """Every (path, node) below `node`."""
    yield path, node
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield from walk(value, path + (str(key),))


def resolve(document, reference):
    node = document
    for part in reference.removeprefix("#/").split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


class Checker:
    def __init__(self, document):
        self.document = document
        self.problems = []
        self.examples = 0

    def complain(self, where, what):
        self.problems.append(f"{where}: {what}")

    def validator(self, schema):
        # The references of the schema start at the document's root: give it the same one.
        return Draft202012Validator({"allOf": [schema], "components": self.document["components"]})

    def example(self, where, schema, value):
        self.examples += 1
        for failure in self.validator(schema).iter_errors(value):
            self.complain(where, failure.message[:300])

    def references(self):
        for path, node in walk(self.document):
            if isinstance(node, dict) and isinstance(node.get("$ref"), str):
                try:
                    resolve(self.document, node["$ref"])
                except KeyError:
                    self.complain("/".join(path), f"{node['$ref']} leads nowhere")

    def schemas(self):
        for name, schema in self.document["components"]["schemas"].items():
            Draft202012Validator.check_schema(schema)
            for path, node in walk(schema, (name,)):
                in_data = {"examples", "enum", "const", "required"} & set(path)
                if isinstance(node, dict) and isinstance(node.get("examples"), list) and not in_data:
                    for value in node["examples"]:
                        self.example("/".join(path), node, value)

    def media(self):
        for path, node in walk(self.document):
            if len(path) >= 2 and path[-2] == "content" and isinstance(node, dict):
                for name, one in node.get("examples", {}).items():
                    self.example("/".join(path) + f" example {name}", node["schema"], one["value"])

    def operations(self):
        seen = set()
        for path, item in self.document["paths"].items():
            for method in METHODS & set(item):
                operation = item[method]
                where = f"{method.upper()} {path}"
                if operation["operationId"] in seen:
                    self.complain(where, "operationId is not its own")
                seen.add(operation["operationId"])
                self.errors_are_problems(where, operation)

    def errors_are_problems(self, where, operation):
        for status, response in operation["responses"].items():
            if "$ref" in response:
                response = resolve(self.document, response["$ref"])
            if not response.get("description"):
                self.complain(where, f"{status} is not described")
            kinds = set(response.get("content", {}))
            if int(status) >= 400 and operation["operationId"] != "readyz" and kinds != {"application/problem+json"}:
                self.complain(where, f"{status} is not problem+json")

    def refusals(self):
        schema = {"$ref": "#/components/schemas/ActionRequest"}
        self.example("a plain scale", schema, SCALE)
        for name, request in REFUSED.items():
            if self.validator(schema).is_valid(request):
                self.complain("ActionRequest", f"takes {name}")


def main(path):
    with open(path, encoding="utf-8") as file:
        document = yaml.safe_load(file)
    checker = Checker(document)
    if not document["openapi"].startswith("3.1."):
        checker.complain("openapi", "is not 3.1")
    checker.references()
    checker.schemas()
    checker.media()
    checker.operations()
    checker.refusals()
    if checker.examples < 40:
        checker.complain("examples", f"only {checker.examples} found: the walk has lost its way")
    print("\n".join(checker.problems) or f"{path}: {checker.examples} examples fit")
    return 1 if checker.problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
