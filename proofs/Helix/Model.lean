import Helix.Order
/-
The model: a unit (node), the pods that may come to it, the old pods that may leave it, and the states that it can be in
while they do. docs/gate.md says the same in prose. Nothing is decided here; Helix/Gate.lean decides.
-/
namespace Helix

/-- What the scheduler adds up. -/
structure Ask where
  mem : Nat
  cpu : Nat
  pods : Nat

/-- Pods of one template that may come to the unit. -/
structure Come where
  ask : Ask
  each : Nat    -- bytes of each, as estimated
  known : Bool  -- whether `each` is known
  most : Nat    -- at most so many here, room aside
  tie : Nat     -- 0: free; 1: none while an old one is left; 2: each needs its old one gone
  total : Nat   -- tie 2: new and old ones here never exceed it
  own : Bool    -- the write itself makes them
  key : Nat     -- by which old pods name it

/-- Old pods of equal requests that may leave at any time, or stay. -/
structure Old where
  ask : Ask
  uses : List Nat  -- what the leaving of each takes from the unit's use
  key : Nat        -- of the pods to come that are tied to them; 0: none
  own : Bool       -- the write itself lets them go

/-- One unit before anything has happened. -/
structure Node where
  cap : Nat
  share : Nat     -- the floor, in 10^-15 percent: this share of `cap` must stay free
  used : Nat
  fresh : Bool    -- whether `used` is known
  readable : Bool -- whether the floor is known
  changed : Bool  -- it takes pods afterwards that it did not take before
  room : Ask      -- what is not requested yet
  debt : Ask      -- what is requested beyond what there is
  come : List Come
  old : List Old

/-- 100 percent in 10^-15 percent. -/
def scale : Nat := 100000000000000000

/-- γ₁ = 14.134725141734693 percent. -/
def gamma1 : Nat := 14134725141734693

/-- How many pods of each kind have landed, and for each old pod whether it has gone. -/
structure State where
  counts : List Nat
  gone : List (List Bool)

/-- How many of a class have gone. -/
def goneOf : List Nat → List Bool → Nat
  | [], _ => 0
  | _ :: us, bs => cond (hd false bs) 1 0 + goneOf us (tl bs)

/-- How many of a class are left. -/
def leftOf : List Nat → List Bool → Nat
  | [], _ => 0
  | _ :: us, bs => cond (hd false bs) 0 1 + leftOf us (tl bs)

/-- What those gone of a class used. -/
def outOf : List Nat → List Bool → Nat
  | [], _ => 0
  | u :: us, bs => cond (hd false bs) u 0 + outOf us (tl bs)

/-- How much of one amount the gone ones give back. -/
def freed (f : Ask → Nat) : List Old → List (List Bool) → Nat
  | [], _ => 0
  | o :: os, gs => goneOf o.uses (hd [] gs) * f o.ask + freed f os (tl gs)

/-- What all those gone used. -/
def out : List Old → List (List Bool) → Nat
  | [], _ => 0
  | o :: os, gs => outOf o.uses (hd [] gs) + out os (tl gs)

/-- How many old ones are left that name `key`. -/
def left (key : Nat) : List Old → List (List Bool) → Nat
  | [], _ => 0
  | o :: os, gs => cond (Nat.beq key o.key) (leftOf o.uses (hd [] gs)) 0 + left key os (tl gs)

/-- How much of one amount the landed ones ask for. -/
def asked (f : Ask → Nat) : List Come → List Nat → Nat
  | [], _ => 0
  | c :: cs, ns => hd 0 ns * f c.ask + asked f cs (tl ns)

/-- What the landed ones use. -/
def added : List Come → List Nat → Nat
  | [], _ => 0
  | c :: cs, ns => hd 0 ns * c.each + added cs (tl ns)

/-- What a tie allows with `l` old ones left. -/
def tieMost (c : Come) (l : Nat) : Nat :=
  match c.tie with
  | 0 => c.most
  | 1 => cond (Nat.beq l 0) c.most 0
  | _ => least2 c.most (c.total - l)

/-- Every count is within what its tie allows. -/
def Bounded : List Come → List Nat → (Nat → Nat) → Prop
  | [], _, _ => True
  | c :: cs, ns, l => Le (hd 0 ns) (tieMost c (l c.key)) ∧ Bounded cs (tl ns) l

/-- What has landed finds room: an amount that nobody asks for is never short. -/
def Fits (x debt avail : Nat) : Prop := x = 0 ∨ Le (x + debt) avail

/-- The state is one that the scheduler, the controllers and the kubelet allow. -/
structure Feasible (n : Node) (s : State) : Prop where
  bounded : Bounded n.come s.counts (fun key => left key n.old s.gone)
  mem : Fits (asked Ask.mem n.come s.counts) n.debt.mem (n.room.mem + freed Ask.mem n.old s.gone)
  cpu : Fits (asked Ask.cpu n.come s.counts) n.debt.cpu (n.room.cpu + freed Ask.cpu n.old s.gone)
  pods : Fits (asked Ask.pods n.come s.counts) n.debt.pods (n.room.pods + freed Ask.pods n.old s.gone)

/-- With `more` bytes landed and `less` gone, at least `share` of `cap` is free:
    (cap - (used - less + more)) * scale ≥ share * cap, without a subtraction. -/
def KeepsWith (n : Node) (more less : Nat) : Prop :=
  Le (n.share * n.cap + scale * (n.used + more)) (scale * (n.cap + less))

/-- The unit keeps its floor in state `s`. -/
def Keeps (n : Node) (s : State) : Prop := KeepsWith n (added n.come s.counts) (out n.old s.gone)

/-- Its use in state `s` is not above what it was. -/
def NoHigher (n : Node) (s : State) : Prop :=
  Le (n.used + added n.come s.counts) (n.used + out n.old s.gone)

/-- Nobody has gone. -/
def nobody : List Nat → List Bool
  | [] => []
  | _ :: us => false :: nobody us

def nobodyOf : List Old → List (List Bool)
  | [] => []
  | o :: os => nobody o.uses :: nobodyOf os

def nothing : List Come → List Nat
  | [] => []
  | _ :: cs => 0 :: nothing cs

/-- Before anything has happened. -/
def start (n : Node) : State := ⟨nothing n.come, nobodyOf n.old⟩

/-- One more old pod of a class has gone. -/
inductive Goes : List Bool → List Bool → Prop where
  | here (bs : List Bool) : Goes (false :: bs) (true :: bs)
  | later (b : Bool) {bs cs : List Bool} (h : Goes bs cs) : Goes (b :: bs) (b :: cs)

/-- One more old pod has gone. -/
inductive Leaves : List (List Bool) → List (List Bool) → Prop where
  | here {b c : List Bool} (h : Goes b c) (gs : List (List Bool)) : Leaves (b :: gs) (c :: gs)
  | later (g : List Bool) {gs hs : List (List Bool)} (h : Leaves gs hs) : Leaves (g :: gs) (g :: hs)

/-- One more pod has landed. -/
inductive Lands : List Nat → List Nat → Prop where
  | here (k : Nat) (ns : List Nat) : Lands (k :: ns) ((k + 1) :: ns)
  | later (k : Nat) {ns ms : List Nat} (h : Lands ns ms) : Lands (k :: ns) (k :: ms)

/-- The pod that lands asks for none of this amount, or finds room. -/
def Admitted (before after debt avail : Nat) : Prop := after = before ∨ Le (after + debt) avail

/-- The states that the unit can be in, step by step: old pods leave at any time; a pod lands when its controller may
    make it (its bound and its tie) and the scheduler finds room for it. -/
inductive Reach (n : Node) : State → Prop where
  | start : Reach n (start n)
  | leave {c : List Nat} {g h : List (List Bool)} (r : Reach n ⟨c, g⟩) (step : Leaves g h) : Reach n ⟨c, h⟩
  | land {c d : List Nat} {g : List (List Bool)} (r : Reach n ⟨c, g⟩) (step : Lands c d)
      (made : Bounded n.come d (fun key => left key n.old g))
      (mem : Admitted (asked Ask.mem n.come c) (asked Ask.mem n.come d) n.debt.mem
        (n.room.mem + freed Ask.mem n.old g))
      (cpu : Admitted (asked Ask.cpu n.come c) (asked Ask.cpu n.come d) n.debt.cpu
        (n.room.cpu + freed Ask.cpu n.old g))
      (pods : Admitted (asked Ask.pods n.come c) (asked Ask.pods n.come d) n.debt.pods
        (n.room.pods + freed Ask.pods n.old g)) : Reach n ⟨d, g⟩

end Helix
