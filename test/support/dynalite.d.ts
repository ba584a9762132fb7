declare module "dynalite" {
  import type { Server } from "node:http";

  /** An embedded server with the wire protocol of DynamoDB. */
  export default function dynalite(options?: {
    path?: string;
    createTableMs?: number;
    deleteTableMs?: number;
    updateTableMs?: number;
  }): Server;
}
