// What a browser gives to gRPC-Web and Node does not: XMLHttpRequest, whose text grows while it comes. Over Node's fetch.
"use strict";

const UNSENT = 0;
const OPENED = 1;
const HEADERS_RECEIVED = 2;
const LOADING = 3;
const DONE = 4;

class XMLHttpRequest {
  constructor() {
    this.readyState = UNSENT;
    this.status = 0;
    this.statusText = "";
    this.responseType = "";
    this.responseText = "";
    this.response = "";
    this.onreadystatechange = null;
    this.headers = {};
    this.answered = new Headers();
  }

  open(method, url) {
    Object.assign(this, { method, url, controller: new AbortController() });
    this.become(OPENED);
  }

  setRequestHeader(name, value) {
    this.headers[name] = value;
  }

  getAllResponseHeaders() {
    return [...this.answered].map(([name, value]) => `${name}: ${value}\r\n`).join("");
  }

  getResponseHeader(name) {
    return this.answered.get(name);
  }

  send(body) {
    const { method, headers, controller } = this;
    const sent = fetch(this.url, { method, headers, body, signal: controller.signal });
    sent.then((answer) => this.read(answer)).catch(() => this.fail());
  }

  abort() {
    this.onreadystatechange = null;
    this.controller?.abort();
  }

  async read(answer) {
    this.status = answer.status;
    this.statusText = answer.statusText;
    this.answered = answer.headers;
    this.become(HEADERS_RECEIVED);
    XMLHttpRequest.onaccepted();
    const pieces = [];
    for await (const piece of answer.body ?? []) {
      pieces.push(piece);
      if (this.responseType !== "arraybuffer") {
        this.responseText += Buffer.from(piece).toString("latin1");
        this.response = this.responseText;
      }
      this.become(LOADING);
    }
    if (this.responseType === "arraybuffer") {
      this.response = new Uint8Array(Buffer.concat(pieces)).buffer;
    }
    this.become(DONE);
  }

  /** As browsers tell that there was no answer: by a status of 0. */
  fail() {
    this.status = 0;
    this.become(DONE);
  }

  become(state) {
    this.readyState = state;
    this.onreadystatechange?.();
  }
}

Object.assign(XMLHttpRequest, { UNSENT, OPENED, HEADERS_RECEIVED, LOADING, DONE });

/** For tests, which do something when a call has been accepted: the client itself tells only of its end. */
XMLHttpRequest.onaccepted = () => {};
module.exports = { XMLHttpRequest };
