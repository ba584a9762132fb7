import type { Job } from "../../../lib/domain/job.ts";
import { listResourcesChangedBySucceededJob } from "../../../lib/domain/job-resources.ts";

function job(type: string, part: Partial<Job> = {}): Job {
  return {
    jobId: null,
    type,
    phase: "Success",
    state: "succeeded",
    reason: null,
    clusterId: "c-1",
    resourceId: null,
    resourceName: null,
    createdAt: null,
    updatedAt: null,
    subJobs: [],
    ...part,
  };
}

const goalsOf = (tree: Job) =>
  listResourcesChangedBySucceededJob(tree).map(({ goal, id }) => `${goal} ${id}`);

describe("listResourcesChangedBySucceededJob", () => {
  it.each([
    ["CreateCluster", "cluster_available c-1"],
    ["ResizeCluster", "cluster_available c-1"],
    ["DeleteCluster", "cluster_deleted c-1"],
    ["CreateNode", "node_active r-1"],
    ["AcceptNode", "node_active r-1"],
    ["DeleteNode", "node_deleted r-1"],
    ["RemoveNode", "node_deleted r-1"],
    ["ScaleupNodePool", "node_pool_scaled r-1"],
    ["DeleteNodePool", "node_pool_deleted r-1"],
    ["UndoDeleteNodePool", "node_pool_scaled r-1"],
    ["UndoDeleteNode", "node_active r-1"],
    ["UndoDeleteCluster", "cluster_available c-1"],
  ])("finds the resource of a job of the type %s", (type, expected) => {
    expect(goalsOf(job(type, { resourceId: "r-1" }))).toEqual([expected]);
  });

  it("finds the nodes in the subjobs of a job without a resource of its own, each once", () => {
    const node = (id: string) =>
      job("CreateNode", {
        subJobs: [job("CreateNodeVM", { resourceId: id }), job("InstallNode", { resourceId: id })],
      });
    const scaleup = job("ScaleupCluster", { subJobs: [node("n-1"), node("n-2")] });
    expect(goalsOf(scaleup)).toEqual(["cluster_available c-1", "node_active n-1", "node_active n-2"]);
  });

  it("does not count the virtual machine of a node as a second node", () => {
    const tree = job("CreateNode", {
      resourceId: "n-1",
      subJobs: [job("CreateNodeVM", { resourceId: "vm-1" })],
    });
    expect(goalsOf(tree)).toEqual(["node_active n-1"]);
  });

  it("does not take the cluster of a node for the node", () => {
    expect(goalsOf(job("CreateNode", { resourceId: "c-1" }))).toEqual([]);
  });

  it("finds no resource of a job of an unknown type or without IDs", () => {
    expect(goalsOf(job("CreatePSMCert", { resourceId: "r-1" }))).toEqual([]);
    expect(goalsOf(job("CreateCluster", { clusterId: null }))).toEqual([]);
    expect(goalsOf(job("DeleteNode", { clusterId: null, resourceId: "n-1" }))).toEqual([]);
  });

  it("finds the cluster of a node in its subjob or in the job", () => {
    const node = (clusterId: string | null) => job("CreateNode", { clusterId, resourceId: "n-1" });
    const clustersOf = (subJob: Job) =>
      listResourcesChangedBySucceededJob(job("Scaleup", { clusterId: "root", subJobs: [subJob] })).map(
        ({ clusterId }) => clusterId,
      );
    expect([clustersOf(node("own")), clustersOf(node(null))]).toEqual([["own"], ["root"]]);
  });

  it("lists the IDs of the job and of all its subjobs as its own jobs", () => {
    const tree = job("CreateNode", {
      jobId: "j",
      resourceId: "n-1",
      subJobs: [job("InstallNode", { jobId: "s" })],
    });
    expect(listResourcesChangedBySucceededJob(tree)[0]?.ownJobIds).toEqual(["j", "s"]);
    const withoutIds = job("CreateNode", { resourceId: "n-1", subJobs: [job("InstallNode")] });
    expect(listResourcesChangedBySucceededJob(withoutIds)[0]?.ownJobIds).toEqual([]);
  });
});
