declare module "dynalite" {
  import type { Server } from "node:http";

  /** An embedded server that speaks DynamoDB's wire protocol. */
  export default function dynalite(options?: {
    path?: string;
    createTableMs?: number;
    deleteTableMs?: number;
    updateTableMs?: number;
  }): Server;
}
