import Helix.Model
/-
The decision: the very function that the theorems of Helix/Sound.lean speak of, and that the program helix-gate runs.
It searches all states of a unit, and cuts a branch where even everything that fits keeps the floor.
-/
namespace Helix

/-- The floor, decided: `more` bytes landed, `less` gone. -/
def keeps (n : Node) (more less : Nat) : Bool :=
  Nat.ble (n.share * n.cap + scale * (n.used + more)) (scale * (n.cap + less))

/-- How many of `m` find room: `a` each, beside `taken`, in `avail`. The quotient is only a guess; it is checked. -/
def cut (a taken avail m : Nat) : Nat :=
  cond (Nat.beq a 0) m
    (cond (Nat.ble (((avail - taken) / a + 1) * a + taken) avail) m (least2 m ((avail - taken) / a)))

def addAsk (a : Ask) (k : Nat) (b : Ask) : Ask := ⟨a.mem + k * b.mem, a.cpu + k * b.cpu, a.pods + k * b.pods⟩

def plus (a b : Ask) : Ask := ⟨a.mem + b.mem, a.cpu + b.cpu, a.pods + b.pods⟩

/-- How many of `m` pods find room in `avail` beside what is taken. -/
def fit (c : Come) (taken avail : Ask) (m : Nat) : Nat :=
  cut c.ask.mem taken.mem avail.mem (cut c.ask.cpu taken.cpu avail.cpu (cut c.ask.pods taken.pods avail.pods m))

/-- What all that fits would use, each kind for itself. -/
def bound (taken avail : Ask) : List Come → Nat
  | [] => 0
  | c :: cs => fit c taken avail c.most * c.each + bound taken avail cs

/-- Whether the floor is kept with every count of pods that finds room in `avail`. -/
def place (n : Node) (debt avail : Ask) (less : Nat) (l : Nat → Nat) : List Come → Ask → Nat → Bool
  | [], _, more => keeps n more less
  | c :: cs, taken, more =>
    keeps n (more + bound debt avail (c :: cs)) less ||
      upTo (fit c (plus debt taken) avail (tieMost c (l c.key))) (fun k =>
        place n debt avail less l cs (addAsk taken k c.ask) (more + k * c.each))

/-- The least that 0, 1, 2, ... pods of a class use, with one more pod that uses `u`; `p` is the figure before. -/
def weave (u : Nat) : Nat → List Nat → List Nat
  | p, [] => [u + p]
  | p, r :: rs => least2 r (u + p) :: weave u r rs

def extend (u : Nat) : List Nat → List Nat
  | [] => []
  | r :: rs => r :: weave u r rs

/-- The least that 0, 1, 2, ... gone pods of a class release. -/
def leastOut : List Nat → List Nat
  | [] => [0]
  | u :: us => extend u (leastOut us)

def size : List Nat → Nat
  | [] => 0
  | _ :: xs => size xs + 1

/-- Whether `f j left v` holds for every entry `v` at `j` of the list, with `left` entries after it. -/
def overRow : List Nat → Nat → (Nat → Nat → Nat → Bool) → Bool
  | [], _, _ => true
  | v :: vs, j, f => f j (size vs) v && overRow vs (j + 1) f

/-- One more class has `m` pods left that name `key`. -/
def bump (l : Nat → Nat) (key m : Nat) : Nat → Nat := fun k => l k + cond (Nat.beq k key) m 0

/-- `avail`, and what all old pods give back when they have gone. -/
def widen : Ask → List Old → Ask
  | avail, [] => avail
  | avail, o :: os => widen (addAsk avail (size o.uses) o.ask) os

/-- Whether the floor is kept whoever leaves, and whatever lands then. -/
def search (n : Node) : List Old → Ask → Nat → (Nat → Nat) → Bool
  | [], avail, less, l => place n n.debt avail less l n.come ⟨0, 0, 0⟩ 0
  | o :: os, avail, less, l =>
    keeps n (bound n.debt (widen avail (o :: os)) n.come) less ||
      overRow (leastOut o.uses) 0 (fun j m v =>
        search n os (addAsk avail j o.ask) (less + v) (bump l o.key m))

/-- Everything keeps the floor of this unit. -/
def safe (n : Node) : Bool := search n n.old n.room 0 (fun _ => 0)

/-- The room once everybody who may leave has left. -/
def widest (n : Node) : Ask := widen n.room n.old

/-- Whether one such pod can land at all. -/
def canLand (n : Node) (c : Come) : Bool := Nat.ble 1 (fit c n.debt (widest n) c.most)

def anyOf {α : Type} (f : α → Bool) : List α → Bool
  | [] => false
  | x :: xs => f x || anyOf f xs

def allOf {α : Type} (f : α → Bool) : List α → Bool
  | [] => true
  | x :: xs => f x && allOf f xs

/-- Whether the write lets pods of this unit go. -/
def letsGo (n : Node) : Bool := anyOf (fun (o : Old) => o.own && Nat.ble 1 (size o.uses)) n.old

/-- Whether the write could raise the unit's use. -/
def raises (n : Node) : Bool :=
  anyOf (fun (c : Come) => (c.own || n.changed || letsGo n) && canLand n c) n.come

def sum : List Nat → Nat
  | [] => 0
  | x :: xs => x + sum xs

/-- What those use whom the write lets go. -/
def releases : List Old → Nat
  | [] => 0
  | o :: os => cond o.own (sum o.uses) 0 + releases os

/-- A write: what it is, and the units that it could touch. -/
structure Write where
  modelled : Bool      -- its kind is known
  onlyReleases : Bool  -- a scale-down or the like
  relief : Bool        -- relief is on, and the reason references the γ₁ floor
  nodes : List Node

/-- What the write owes this unit. -/
def granted (w : Write) (n : Node) : Bool :=
  cond (raises n)
    (n.fresh && n.readable && allOf (fun (c : Come) => c.known || !(canLand n c)) n.come && safe n)
    (cond (letsGo n)
      (keeps n 0 0 || cond w.onlyReleases (w.relief || !n.fresh) (w.relief && Nat.ble 1 (releases n.old)))
      true)

/-- The decision. -/
def gate (w : Write) : Bool := w.modelled && allOf (granted w) w.nodes

end Helix
