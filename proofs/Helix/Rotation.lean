import Helix.Order
/-
The rotation G → Rδ → C → R → U → D → G, as far as writes go: what a turn does before it writes.
-/
namespace Helix.Rotation

inductive Event where
  | judged (passed : Bool)    -- G: the gate's verdict on the next write, on the state of now
  | reasoned (holds : Bool)   -- Rδ: the reason string against the snapshot
  | intended (durable : Bool) -- the intent record
  | wrote                     -- C, U or D
  | reread                    -- R

/-- What a turn knows. -/
structure Turn where
  gate : Bool
  reason : Bool
  intent : Bool

def blank : Turn := ⟨false, false, false⟩

/-- What an event makes of a turn; none: it cannot happen. A write spends its verdict, its reason and its intent. -/
def next (t : Turn) : Event → Option Turn
  | Event.judged passed => some ⟨passed, t.reason, false⟩
  | Event.reasoned holds => some ⟨t.gate, holds, false⟩
  | Event.intended durable => cond (t.gate && t.reason) (some ⟨t.gate, t.reason, durable⟩) none
  | Event.wrote => cond (t.gate && t.reason && t.intent) (some blank) none
  | Event.reread => some t

/-- What can have happened, the latest first. -/
inductive Turns : List Event → Turn → Prop where
  | start : Turns [] blank
  | step {es : List Event} {t u : Turn} (e : Event) (h : Turns es t) (may : next t e = some u) : Turns (e :: es) u

/-- The latest verdict since the last write. -/
def lastGate : List Event → Bool
  | [] => false
  | Event.judged passed :: _ => passed
  | Event.reasoned _ :: es => lastGate es
  | Event.intended _ :: es => lastGate es
  | Event.wrote :: _ => false
  | Event.reread :: es => lastGate es

/-- The latest word on the reason since the last write. -/
def lastReason : List Event → Bool
  | [] => false
  | Event.judged _ :: es => lastReason es
  | Event.reasoned holds :: _ => holds
  | Event.intended _ :: es => lastReason es
  | Event.wrote :: _ => false
  | Event.reread :: es => lastReason es

/-- Whether an intent is durable that is newer than verdict and reason. -/
def lastIntent : List Event → Bool
  | [] => false
  | Event.judged _ :: _ => false
  | Event.reasoned _ :: _ => false
  | Event.intended durable :: _ => durable
  | Event.wrote :: _ => false
  | Event.reread :: es => lastIntent es

theorem allowed {x : Bool} {t u : Turn} (h : cond x (some t) none = some u) : x = true ∧ t = u := by
  cases x with
  | false => exact (nomatch h)
  | true =>
    have same : some t = some u := h
    cases same with
    | refl => exact ⟨rfl, rfl⟩

structure Knows (es : List Event) (t : Turn) : Prop where
  gate : t.gate = lastGate es
  reason : t.reason = lastReason es
  intent : t.intent = lastIntent es

theorem Turns.knows {es : List Event} {t : Turn} (h : Turns es t) : Knows es t := by
  induction h with
  | start => exact ⟨rfl, rfl, rfl⟩
  | step e _ may ih =>
    cases e with
    | judged passed =>
      cases may with
      | refl => exact ⟨rfl, ih.reason, rfl⟩
    | reasoned holds =>
      cases may with
      | refl => exact ⟨ih.gate, rfl, rfl⟩
    | intended durable =>
      cases (allowed may).2 with
      | refl => exact ⟨ih.gate, ih.reason, rfl⟩
    | wrote =>
      cases (allowed may).2 with
      | refl => exact ⟨rfl, rfl, rfl⟩
    | reread =>
      cases may with
      | refl => exact ⟨ih.gate, ih.reason, ih.intent⟩

/-- **No write without G and Rδ.** Whatever happened before, a write that happens has, since the write before it, a
    verdict that passed, a reason that holds, and an intent that is durable and newer than both. -/
theorem no_write_without_gate_and_reason {es : List Event} {t : Turn} (h : Turns (Event.wrote :: es) t) :
    lastGate es = true ∧ lastReason es = true ∧ lastIntent es = true := by
  cases h with
  | step _ before may =>
    have all := both (allowed may).1
    have two := both all.1
    have knows := Turns.knows before
    exact ⟨Eq.trans knows.gate.symm two.1, Eq.trans knows.reason.symm two.2, Eq.trans knows.intent.symm all.2⟩

end Helix.Rotation
