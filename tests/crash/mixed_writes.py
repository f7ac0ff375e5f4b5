"""A run of mixed writes, single ones and plans, each of which leaves a trace of its own on the cluster."""
import json

from check import expect

NAMESPACE = "crash"
DEPLOYMENTS = 4
DRAINED_NODES = 3  # the first of the cluster's; the others take the pods
REASON = "γ₁ floor: nothing reads it any more, and what it holds is freed"
KINDS = {"label": 3, "scale": 3, "create": 3, "delete": 2, "apply": 2, "pod": 2, "evict": 2, "restart": 1, "drain": 2,
         "plan": 3}


def target_of(action):
    """What an action is about, as "Kind/name"."""
    reference = action.get("object")
    if reference:
        return f"{reference['kind']}/{reference['name']}"
    return f"{action['manifest']['kind']}/{action['manifest']['metadata']['name']}"


def container(memory):
    return {"terminationGracePeriodSeconds": 0,
            "containers": [{"name": "c", "image": "registry.invalid/c:1",
                            "resources": {"requests": {"memory": memory, "cpu": "10m"}}}]}


class MixedWrites:
    """Makes requests, and holds their answers against each other: a key is answered once and for all."""

    def __init__(self, dice):
        self.dice = dice
        self.count = 0
        self.made = {"ConfigMap": [], "Pod": []}  # whose create was answered
        self.asked = {}                           # key -> actions
        self.requests = {}                        # key -> (path, body)
        self.answers = {}                         # key -> (status, cycle id)
        self.refused = set()                      # keys that were answered without a cycle: nothing was begun

    def next(self):
        """A new request; returns its key."""
        kind = self.dice.choices(list(KINDS), list(KINDS.values()))[0]
        if kind == "drain":
            node = {"kind": "Node", "name": f"node-{self.dice.randrange(DRAINED_NODES):04}"}
            actions = [{"verb": "drain", "object": node, "reason": "γ₁ floor: the node is to be mended"},
                       {"verb": "uncordon", "object": node}]
        elif kind == "plan":
            simple = ["label", "scale", "create", "delete", "apply", "label"]
            actions = [self._action(one) for one in self.dice.sample(simple, self.dice.randrange(2, 5))]
        else:
            actions = [self._action(kind)]
        key = f"key-{len(self.asked) + 1}"
        self.asked[key] = actions
        single = len(actions) == 1 and self.dice.random() < 0.9
        self.requests[key] = ("/v1/actions", {"target": "dev-admin", **actions[0]}) if single else (
            "/v1/cycles", {"target": "dev-admin", "actions": actions})
        return key

    def _action(self, kind):
        self.count += 1
        number = self.count
        deployment = {"kind": "Deployment", "namespace": NAMESPACE, "name": f"d{self.dice.randrange(DEPLOYMENTS)}"}
        if kind in ("delete", "evict"):
            made = self.made["ConfigMap" if kind == "delete" else "Pod"]
            if made:
                name = made.pop(self.dice.randrange(len(made)))
                return {"verb": kind, "reason": REASON,
                        "object": {"kind": "ConfigMap" if kind == "delete" else "Pod", "namespace": NAMESPACE, "name": name}}
            kind = "create" if kind == "delete" else "pod"
        if kind == "scale":
            return {"verb": "scale", "object": deployment, "replicas": self.dice.randrange(1, 5)}
        if kind == "label":
            return {"verb": "label", "object": deployment, "set": {f"w{number}": "done"}}
        if kind == "restart":
            return {"verb": "restart", "object": deployment}
        if kind == "pod":
            return {"verb": "create", "manifest": {"apiVersion": "v1", "kind": "Pod", "spec": container("16Mi"),
                                                   "metadata": {"namespace": NAMESPACE, "name": f"p{number}"}}}
        name = f"c{number}" if kind == "create" else f"board{number % 3}"
        return {"verb": kind, "manifest": {"apiVersion": "v1", "kind": "ConfigMap", "data": {"n": str(number)},
                                           "metadata": {"namespace": NAMESPACE, "name": name}}}

    def ask(self, service, key):
        """Asks, and returns whether the answer is the last word. None of it is when the service died meanwhile."""
        path, body = self.requests[key]
        answer = service.ask("POST", path, body, {"Idempotency-Key": key})
        return answer is not None and self._note(key, answer)

    def _note(self, key, answer):
        status, body, _ = answer
        not_yet = status == 503 or (status == 504 and "cycle" not in body)
        if not_yet or (status == 409 and "idempotency" in body.get("type", "")):
            return False
        cycle = (body.get("cycle") or body).get("id")
        if cycle is None:
            expect(f"{key} is answered with a receipt, or refused for what it asks", status in (404, 422),
                   f"{status} {json.dumps(body)[:400]}")
            expect(f"{key} is answered as before", key not in self.answers, str(self.answers.get(key)))
            self.refused.add(key)
            return True
        seen = (200 if status == 201 else status, cycle)
        expect(f"{key} is answered as before", self.answers.get(key, seen) == seen and key not in self.refused,
               f"{self.answers.get(key)} then {seen}")
        self.answers[key] = seen
        if status == 201:
            for action, step in zip(self.asked[key], body["actions"]):
                kind, name = target_of(action).split("/")
                if action["verb"] == "create" and step["outcome"] == "applied":
                    self.made[kind].append(name)
        return True
