// Shows /openapi.json. What it shows is only ever put in as text, never as HTML.
"use strict";

const VERBS = ["get", "post", "put", "patch", "delete"];
// Messages that hold themselves are shown this deep; a click on a field goes on from there.
const DEEPEST = 8;

let contract = { paths: {} };

function element(tag, className, ...content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

function resolve(value) {
  if (!value || !value.$ref) return value || {};
  const path = value.$ref.replace(/^#\//, "").split("/");
  const unescape = (step) => step.replace(/~1/g, "/").replace(/~0/g, "~");
  return path.reduce((place, step) => (place || {})[unescape(step)], contract) || {};
}

// Schemas of which a value has one, where it is not told by its fields.
function choices(schema) {
  return (schema.properties ? null : schema.oneOf || schema.anyOf) || [];
}

function nameOf(reference) {
  return reference.$ref.split("/").pop();
}

function typeOf(schema) {
  const known = resolve(schema);
  const among = choices(known).filter((one) => one.$ref);
  if (among.length) return among.map(nameOf).join(" or ");
  if (known.type === "array") return `list of ${typeOf(known.items)}`;
  if (known.additionalProperties) return `map of ${typeOf(known.additionalProperties)}`;
  if (known.enum) return "one of a list";
  if (schema && schema.$ref) return nameOf(schema);
  return [known.type, known.format].filter(Boolean).flat().join(" ") || "any";
}

function limits(schema) {
  const names = {
    minimum: "at least", maximum: "at most", minLength: "at least (characters)",
    maxLength: "at most (characters)", minItems: "at least (items)", maxItems: "at most (items)",
    pattern: "matches",
  };
  return Object.keys(names)
    .filter((name) => schema[name] !== undefined)
    .map((name) => `${names[name]} ${schema[name]}`)
    .join(", ");
}

function nested(schema) {
  const known = resolve(schema);
  if (known.type === "array") return nested(known.items);
  if (known.additionalProperties) return nested(known.additionalProperties);
  return known;
}

function field(name, schema, required, depth) {
  const known = resolve(schema);
  const item = element("li", "", element("span", "name", name), element("span", "type", typeOf(schema)));
  if (required) item.append(element("span", "note", " · required"));
  const notes = [known.description || (schema && schema.description), limits(known)].filter(Boolean);
  if (known.enum) notes.push(known.enum.join(", "));
  for (const note of notes) item.append(element("p", "note", note));
  const inner = nested(schema);
  if (depth < DEEPEST) {
    if (inner.properties) item.append(more("fields", inner, depth));
    for (const one of choices(inner).filter((one) => one.$ref)) item.append(more(nameOf(one), one, depth));
  }
  return item;
}

function more(title, schema, depth) {
  const made = element("details", "", element("summary", "", title));
  // Made when it is opened: messages can hold themselves.
  made.addEventListener("toggle", () => {
    if (!made.open || made.children.length > 1) return;
    const known = resolve(schema);
    made.append(known.enum ? element("p", "note", known.description || known.enum.join(", ")) : fields(known, depth + 1));
  });
  return made;
}

function fields(schema, depth) {
  const known = nested(schema);
  const required = new Set(known.required || []);
  const all = Object.entries(known.properties || {});
  return element("ul", "fields", ...all.map(([name, of]) => field(name, of, required.has(name), depth)));
}

function contents(title, content) {
  return Object.entries(content || {}).map(([mediaType, { schema }]) =>
    element("div", "", element("h3", "", `${title} (${mediaType}${schema ? `, ${typeOf(schema)}` : ""})`),
      fields(schema || {}, 0)));
}

// The call that the examples of the parameters and of the body make.
function example(path, verb, operation) {
  const given = (operation.parameters || []).map(resolve).filter((one) => one.example !== undefined);
  const inPath = (target, one) => target.replace(`{${one.name}}`, encodeURIComponent(one.example));
  const query = given.filter((one) => one.in === "query")
    .map((one) => `${one.name}=${encodeURIComponent(one.example)}`);
  const target = given.filter((one) => one.in === "path").reduce(inPath, path);
  const body = Object.values(resolve(operation.requestBody).content || {})[0]?.example;
  if (!given.length && body === undefined) return [];
  const lines = [`${verb.toUpperCase()} ${[target, query.join("&")].filter(Boolean).join("?")}`];
  if (body !== undefined) lines.push(JSON.stringify(body, null, 2));
  return [element("h3", "", "Example"), element("pre", "", lines.join("\n"))];
}

function details(path, verb, operation) {
  const parts = [element("p", "", operation.description || "")];
  const reasons = operation["x-patron-reasons"];
  if (reasons) parts.push(element("p", "note", `Refused with ${reasons.join(", ")}, among others.`));
  const parameters = (operation.parameters || []).map(resolve);
  if (parameters.length) {
    const shown = parameters.map((one) => {
      const item = field(one.name, one.schema, one.required, 0);
      item.firstChild.after(element("span", "note", ` in ${one.in}`));
      if (one.description) item.append(element("p", "note", one.description));
      return item;
    });
    parts.push(element("h3", "", "Parameters"), element("ul", "fields", ...shown));
  }
  parts.push(...contents("Body", resolve(operation.requestBody).content));
  parts.push(...example(path, verb, operation));
  for (const [status, answer] of Object.entries(operation.responses || {})) {
    parts.push(...contents(`Answer ${status}`, resolve(answer).content));
  }
  return parts;
}

function card(path, verb, operation) {
  const summary = element("summary", "", element("span", "verb", verb.toUpperCase()), path,
    element("span", "note", ` ${operation.summary || ""}`));
  const made = element("details", "operation", summary);
  made.addEventListener("toggle", () => {
    if (made.open && made.children.length === 1) made.append(...details(path, verb, operation));
  });
  made.dataset.words = [path, verb, operation.operationId, operation.summary, operation.description]
    .filter(Boolean).join(" ").toLowerCase();
  return made;
}

function show() {
  const groups = new Map();
  for (const [path, item] of Object.entries(contract.paths)) {
    for (const verb of VERBS.filter((verb) => item[verb])) {
      const tag = (item[verb].tags || ["other"])[0];
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push(card(path, verb, item[verb]));
    }
  }
  const described = new Map((contract.tags || []).map((tag) => [tag.name, tag.description || ""]));
  const sections = [...groups].map(([tag, cards]) =>
    element("section", "", element("h2", "", tag), element("p", "note", described.get(tag) || ""), ...cards));
  document.getElementById("operations").replaceChildren(...sections);
}

function filter(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const section of document.querySelectorAll("section")) {
    let any = false;
    for (const made of section.querySelectorAll("details.operation")) {
      made.hidden = !words.every((word) => made.dataset.words.includes(word));
      any = any || !made.hidden;
    }
    section.hidden = !any;
  }
}

fetch("/openapi.json")
  .then((answer) => answer.json())
  .then((document_) => {
    contract = document_;
    document.title = contract.info.title;
    document.getElementById("title").textContent = `${contract.info.title} ${contract.info.version || ""}`;
    document.getElementById("description").textContent = contract.info.description || "";
    show();
    document.getElementById("filter").addEventListener("input", (event) => filter(event.target.value));
  })
  .catch((error) => {
    document.getElementById("operations").textContent = `/openapi.json could not be shown: ${error}`;
  });
