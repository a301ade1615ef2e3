// A contract as protobufjs reads it from the files that stand in the repository.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const protobuf = require("protobufjs");
const { MethodDescriptor, MethodType } = require("grpc-web");

const root = path.resolve(__dirname, "../../..");
const declared = ["proto", "services/gateway/tests/proto"].map((folder) => path.join(root, folder));
const folders = [...declared, path.dirname(require.resolve("protobufjs/package.json"))];

/** The messages and services of a file and all that it imports. */
function load(file) {
  const loaded = new protobuf.Root();
  loaded.resolvePath = (_, wanted) => {
    const places = folders.map((folder) => path.join(folder, wanted));
    // What is in none of them protobufjs knows by heart: times, durations, masks.
    return places.find((place) => fs.existsSync(place)) ?? wanted;
  };
  return loaded.loadSync(file).resolveAll();
}

/** A method as gRPC-Web's client wants to know it. */
function method(contract, service, name) {
  const found = contract.lookupService(service).methods[name];
  const [request, answer] = [found.resolvedRequestType, found.resolvedResponseType];
  return new MethodDescriptor(
    `/${service}/${name}`,
    found.responseStream ? MethodType.SERVER_STREAMING : MethodType.UNARY,
    request.ctor,
    answer.ctor,
    (message) => request.encode(message).finish(),
    (bytes) => answer.decode(bytes),
  );
}

/** The details of a refusal, by name. */
function details(contract, metadata) {
  const bytes = Buffer.from(metadata["grpc-status-details-bin"], "base64");
  const status = contract.lookupType("google.rpc.Status").decode(bytes);
  const named = status.details.map((detail) => {
    const name = detail.type_url.split("/").pop();
    return [name, contract.lookupType(name).decode(detail.value)];
  });
  return Object.fromEntries(named);
}

module.exports = { load, method, details };
