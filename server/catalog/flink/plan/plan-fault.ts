/** The text is no compiled plan, or is beyond a limit; caught in plan-lineage.ts, never seen outside this folder. */
export class PlanFault extends Error {}

/** A part of a node is not as this catalog knows it; what flows through the node becomes unknown, the rest stays. */
export class NotUnderstood extends Error {}
