// gRPC-Web through the gateway, to a service that sends back what it gets. services/gateway/tests/all/clients.rs starts
// both, says where they are, and looks at what has arrived.
"use strict";

const assert = require("node:assert/strict");
const { test } = require("node:test");
const { GrpcWebClientBase, StatusCode } = require("grpc-web");

global.XMLHttpRequest = require("./xhr").XMLHttpRequest;
const contract = require("./contract");

const shapes = contract.load(["test/v1/shapes.proto", "google/rpc/status.proto", "google/rpc/error_details.proto"]);
const SERVICE = "test.v1.ShapeService";
const Shape = shapes.lookupType("test.v1.Shape");
const base = `http://${process.env.GATEWAY}`;

// `binary` as bytes, `text` as base64, which older browsers need for streams.
const FORMATS = ["binary", "text"];

/** Begins a call. `finished` is called with all that came of it when it ends, unless it is given up. */
function begin(format, name, message, metadata, finished) {
  const client = new GrpcWebClientBase({ format });
  const method = contract.method(shapes, SERVICE, name);
  const sent = { authorization: `Bearer ${process.env.TOKEN}`, ...metadata };
  const request = Shape.create(message);
  const url = `${base}/${SERVICE}/${name}`;
  const came = { answers: [], metadata: {}, status: undefined, error: undefined };
  const streams = name === "WatchShape";
  // What tells of the end depends on kind and format, and not all of it comes at once.
  const end = (error) => {
    came.error ??= error ?? undefined;
    setImmediate(() => finished(came));
  };
  const answered = (error, answer) => {
    if (answer) came.answers.push(answer);
    end(error);
  };
  const stream = streams
    ? client.serverStreaming(url, request, sent, method)
    : client.rpcCall(url, request, sent, method, answered);
  if (streams) stream.on("data", (answer) => came.answers.push(answer));
  stream.on("metadata", (of) => Object.assign(came.metadata, of));
  stream.on("status", (status) => {
    came.status = status;
    if (status.code !== StatusCode.OK) end({ ...status, message: status.details });
  });
  stream.on("error", end);
  stream.on("end", end);
  return stream;
}

/** Makes a call and answers all that came of it. */
function call(...parts) {
  return new Promise((resolve) => begin(...parts, resolve));
}

const plain = (message) => Shape.toObject(message, { longs: String });

for (const format of FORMATS) {
  test(`messages and metadata of a unary call pass as ${format}`, async () => {
    const sent = { name: "s1", count: 3, labels: { a: "b" }, data: new Uint8Array([0, 255]) };
    const came = await call(format, "EchoShape", sent, { custom: "c" });
    assert.deepEqual(came.answers.map(plain), [sent]);
    assert.equal(came.metadata["patron-replayed"], "true");
    assert.equal(came.status.code, StatusCode.OK);
    assert.equal(came.status.metadata["patron-trailer"], "kept");
  });

  test(`messages of a stream pass one after another as ${format}`, async () => {
    const sent = { name: "s".repeat(1000), count: 300 };
    const came = await call(format, "WatchShape", sent, {});
    assert.equal(came.answers.length, 300);
    assert.deepEqual(plain(came.answers[299]), sent);
    assert.equal(came.status.code, StatusCode.OK);
    assert.equal(came.status.metadata["patron-trailer"], "kept");
  });

  for (const name of ["EchoShape", "WatchShape"]) {
    test(`refusals by ${name} have details as ${format}`, async () => {
      const { error } = await call(format, name, { count: 1 }, { "at-the-end": "refuse" });
      assert.equal(error.code, StatusCode.NOT_FOUND);
      assert.equal(error.message, "no such shape");
      const found = contract.details(shapes, error.metadata);
      assert.equal(found["google.rpc.ErrorInfo"].reason, "DEAD_LETTER_NOT_FOUND");
      assert.equal(found["google.rpc.BadRequest"].fieldViolations[0].field, "inner.text");
      assert.equal(error.metadata["patron-hint"], "look elsewhere");
    });

    test(`refusals of ${name} by the gateway have details as ${format}`, async () => {
      const { error } = await call(format, name, {}, { authorization: "Bearer more" });
      assert.equal(error.code, StatusCode.UNAUTHENTICATED);
      const found = contract.details(shapes, error.metadata);
      assert.equal(found["google.rpc.ErrorInfo"].domain, "patron");
    });

    test(`ends of ${name} at its deadline are told as ${format}`, async () => {
      const metadata = { "at-the-end": "stall", "grpc-timeout": "300m" };
      const { error } = await call(format, name, { count: 1 }, metadata);
      assert.equal(error.code, StatusCode.DEADLINE_EXCEEDED);
    });

    test(`ends of ${name} that is given up reach the service as ${format}`, async () => {
      const metadata = { "at-the-end": "stall" };
      await new Promise((resolve, reject) => {
        const stream = begin(format, name, { count: 1 }, metadata, reject);
        XMLHttpRequest.onaccepted = () => resolve(stream.cancel());
      });
      XMLHttpRequest.onaccepted = () => {};
    });
  }
}
