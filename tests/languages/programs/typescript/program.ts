// Signed calls to a server from a program that somebody would write. It prints what held, and fails at what did not.
import assert from "node:assert/strict";

import {
  CallTimeoutError,
  Client,
  ConnectionFailedError,
  type Drift,
  FunctionSpec,
  HazardousRequestError,
  InvalidRequestError,
  MissingKeyError,
  PrivateKey,
  ProcessState,
  RefusedError,
  type Process,
  type Transport,
} from "colonyos-gen";

const held: string[] = [];

function variable(name: string): string {
  const value = process.env[name];
  assert(value, `${name} is not set`);
  return value;
}

async function refusal(call: Promise<unknown>): Promise<RefusedError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert(error instanceof RefusedError, `expected a refusal, not ${String(error)}`);
  return error;
}

const url = `http://${variable("COLONIES_SERVER_HOST")}:${variable("COLONIES_SERVER_PORT")}`;
const [colony, member, worker] = [PrivateKey.generate(), PrivateKey.generate(), PrivateKey.generate()];
const keys = { server: PrivateKey.parse(variable("COLONIES_SERVER_PRVKEY")), colony, member };
const user = new Client({ server: url, keys });
const executor = new Client({ server: url, keys: { member: worker } });
const colonyname = "dev";
const spec = (channels: string[] = []): FunctionSpec =>
  FunctionSpec.create({
    funcname: "echo",
    conditions: { colonyname, executortype: "cli" },
    args: ["hello", 9007199254740991, { deep: [null, true] }],
    channels,
  });

// Administration.
await user.addColony({ colonyid: colony.id, name: colonyname });
await user.addUser({ colonyname, userid: member.id, name: "somebody" });
await user.addExecutor({ executorid: worker.id, executortype: "cli", executorname: "worker", colonyname });
await user.approveExecutor(colonyname, "worker");
assert.deepEqual(
  (await user.getExecutors(colonyname)).map(({ executorname }) => executorname),
  ["worker"],
);
held.push("administration");

// Submit, a subscription, assign, close.
const submitted = await user.submit(spec(["news"]));
assert.equal(submitted.state, ProcessState.WAITING);
assert.equal(submitted.starttime, undefined);
assert.deepEqual(submitted.parents, []);
assert.deepEqual(submitted.spec.args, ["hello", 9007199254740991, { deep: [null, true] }]);
assert(submitted.prioritytime > 10n ** 18n);

const pushed = (async (): Promise<Process | undefined> => {
  for await (const process of user.subscribeProcess(submitted, ProcessState.SUCCESS, 30)) {
    return process;
  }
  return undefined;
})();
const assigned = await executor.assign(colonyname, 10);
assert.equal(assigned.processid, submitted.processid);
assert.equal(assigned.state, ProcessState.RUNNING);
assert(assigned.starttime !== undefined && Math.abs(assigned.starttime.epochMilliseconds - Date.now()) < 60_000);

const largest = 2n ** 63n - 1n;
await executor.channelAppend(assigned.processid, "news", largest, new TextEncoder().encode("å"), "data", 0n);
for await (const entries of user.subscribeChannel(assigned.processid, "news", 0, 30)) {
  assert.deepEqual(
    entries.map(({ sequence, payload }) => [sequence, new TextDecoder().decode(payload)]),
    [[largest, "å"]],
  );
  break;
}
held.push("subscription of a channel");

await executor.close(assigned.processid, { output: ["done", 1.5] });
const closed = await user.getProcess(assigned.processid);
assert.equal(closed.state, ProcessState.SUCCESS);
assert.deepEqual(closed.out, ["done", 1.5]);
assert(ProcessState.isFinal(closed.state));
held.push("submit, assign, close");
assert.equal((await pushed)?.state, ProcessState.SUCCESS);
held.push("subscription of a process");

// Refusals, by the server and before it.
const missing = await refusal(user.getProcess("0".repeat(64)));
assert.deepEqual([missing.code, missing.status, missing.error], ["not_found", 404, "process_not_found"]);
const stranger = await refusal(user.submit(spec(), { key: PrivateKey.generate() }));
assert.equal(stranger.code, "denied");
assert.equal((await refusal(executor.assign(colonyname, 1))).code, "no_process");
await assert.rejects(
  user.submit({ funcname: "a", priority: 50001 }),
  (error) => error instanceof InvalidRequestError && error.path === "$.spec.priority",
);
await assert.rejects(executor.pauseAssignments("dev"), MissingKeyError);
await assert.rejects(executor.subscribeProcesses("cli", ProcessState.WAITING, 1).next(), HazardousRequestError);
held.push("refusals");

// A signal ends what waits, a subscription ends at its timeout.
const aborted = AbortSignal.timeout(100);
await assert.rejects(executor.assign(colonyname, 30, { signal: aborted }), { name: "TimeoutError" });
const idle = (await user.submit({ funcname: "echo", conditions: { colonyname, executortype: "nobody" } })).processid;
await assert.rejects(
  user.subscribeProcess({ processid: idle }, ProcessState.FAILED, 30, { signal: AbortSignal.timeout(100) }).next(),
  { name: "TimeoutError" },
);
assert.equal((await user.subscribeProcess({ processid: idle }, ProcessState.FAILED, 1).next()).done, true);
await assert.rejects(executor.assign(colonyname, 30, { timeoutMs: 100 }), CallTimeoutError);
await assert.rejects(new Client({ server: "http://127.0.0.1:9" }).getVersion(), ConnectionFailedError);
held.push("abort and timeout");

// A server of tomorrow: its values are kept, and told.
const told: Drift[] = [];
const tomorrow: Transport = {
  post: () => {
    const payload = btoa(JSON.stringify({ processid: "", spec: { funcname: "f", colour: "red" }, state: 77 }));
    return Promise.resolve({ status: 200, body: JSON.stringify({ payloadtype: "getprocessmsg", payload, error: false }) });
  },
  connect: () => Promise.reject(new Error("not here")),
};
const client = new Client({ server: tomorrow, keys, drift: (drift) => told.push(drift) });
const { state } = await client.getProcess("0".repeat(64));
assert.equal(ProcessState.isKnown(state), false);
assert.equal(ProcessState.nameOf(state), "UNKNOWN_77");
assert.deepEqual(told, [
  { kind: "unknown field", path: "$.spec.colour", found: "colour", type: "FunctionSpec" },
  { kind: "unknown enum value", path: "$.state", found: 77, type: "ProcessState" },
]);
held.push("values of tomorrow");

console.log(held.join("; "));
