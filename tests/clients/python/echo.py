"""Calls of all four kinds through the gateway, to a service that sends back what it gets.

`services/gateway/tests/all/clients.rs` starts both, says where they are, and looks at what has arrived.
"""

import os
import threading
import unittest

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

import stubs

stubs.generate("test/v1/shapes.proto")
shapes, services = stubs.load("test/v1/shapes")

#: No call of these tests may take longer.
PATIENCE = 20

#: One method of each kind, and whether it takes and gives a stream.
KINDS = {
    "EchoShape": (False, False),
    "WatchShape": (False, True),
    "Collect": (True, False),
    "Chat": (True, True),
}


class Echo(unittest.TestCase):
    """A channel to the gateway, and calls that look alike whatever their kind is."""

    compression = grpc.Compression.NoCompression

    def setUp(self):
        self.channel = grpc.insecure_channel(os.environ["GATEWAY"], compression=self.compression)
        self.addCleanup(self.channel.close)
        self.stub = services.ShapeServiceStub(self.channel)

    def call(self, method, requests, *metadata, timeout=PATIENCE, token=os.environ["TOKEN"]):
        """Begins a call and answers it."""
        takes_stream, gives_stream = KINDS[method]
        metadata = (("authorization", f"Bearer {token}"), *metadata)
        request = iter(requests) if takes_stream else requests[0]
        stub = getattr(self.stub, method)
        begin = stub if gives_stream else stub.future
        return begin(request, metadata=metadata, timeout=timeout)

    def answers(self, method, call):
        """All answers of a call."""
        return list(call) if KINDS[method][1] else [call.result()]

    def status(self, method, call):
        """How a call ended that did not end well."""
        with self.assertRaises(grpc.RpcError):
            self.answers(method, call)
        return call


class Metadata(Echo):
    def test_metadata_and_trailers_pass_in_both_directions(self):
        for method in KINDS:
            with self.subTest(method):
                sent = shapes.Shape(name="s1", count=1, labels={"a": "b"})
                call = self.call(method, [sent], ("custom", "c"), ("custom-bin", b"\x00\xff"))
                self.assertEqual(self.answers(method, call), [sent])
                self.assertIn(("secret-header", "not for REST"), list(call.initial_metadata()))
                self.assertIn(("patron-trailer", "kept"), list(call.trailing_metadata()))
                self.assertEqual(call.code(), grpc.StatusCode.OK)

    def test_streams_keep_their_order_and_their_ends(self):
        sent = [shapes.Shape(name="s", count=count) for count in range(1, 200)]
        self.assertEqual(self.answers("Chat", self.call("Chat", sent)), sent)
        self.assertEqual(self.answers("Collect", self.call("Collect", sent)), sent[-1:])
        watched = self.answers("WatchShape", self.call("WatchShape", sent[-1:]))
        self.assertEqual(watched, sent[-1:] * 199)

    def test_both_directions_stream_at_once(self):
        answered = threading.Semaphore(1)

        def ask():
            for count in range(1, 6):
                # Nothing more is said before the last word was answered.
                self.assertTrue(answered.acquire(timeout=PATIENCE))
                yield shapes.Shape(name="s", count=count)

        counts = []
        for answer in self.call("Chat", ask()):
            counts.append(answer.count)
            answered.release()
        self.assertEqual(counts, [1, 2, 3, 4, 5])


class Compression(Echo):
    compression = grpc.Compression.Gzip

    def test_packed_messages_pass(self):
        for method in KINDS:
            with self.subTest(method):
                sent = shapes.Shape(name="s" * 5000, count=1)
                self.assertEqual(self.answers(method, self.call(method, [sent])), [sent])


class Refusals(Echo):
    def test_refusals_keep_their_details(self):
        for method in KINDS:
            with self.subTest(method):
                call = self.call(method, [shapes.Shape(count=1)], ("at-the-end", "refuse"))
                refused = self.status(method, call)
                self.assertEqual(refused.code(), grpc.StatusCode.NOT_FOUND)
                self.assertEqual(refused.details(), "no such shape")
                self.assertIn(("patron-hint", "look elsewhere"), list(refused.trailing_metadata()))
                self.check_details(rpc_status.from_call(refused))

    def check_details(self, status):
        found = {}
        for kind in ("ErrorInfo", "BadRequest", "RetryInfo"):
            message = getattr(error_details_pb2, kind)()
            found[kind] = next(message for detail in status.details if detail.Unpack(message))
        info = found["ErrorInfo"]
        self.assertEqual((info.domain, info.reason), ("patron", "DEAD_LETTER_NOT_FOUND"))
        self.assertEqual(info.metadata["shape"], "round")
        self.assertEqual(found["BadRequest"].field_violations[0].field, "inner.text")
        self.assertEqual(found["RetryInfo"].retry_delay.ToMilliseconds(), 1500)

    def test_what_the_gateway_refuses_has_details_too(self):
        for method in KINDS:
            with self.subTest(method):
                call = self.call(method, [shapes.Shape()], token="nobody's")
                refused = self.status(method, call)
                self.assertEqual(refused.code(), grpc.StatusCode.UNAUTHENTICATED)
                info = error_details_pb2.ErrorInfo()
                self.assertTrue(rpc_status.from_call(refused).details[0].Unpack(info))
                self.assertEqual(info.domain, "patron")

    def test_a_method_that_is_not_exposed_is_unimplemented(self):
        hidden = self.stub.Hidden.future(shapes.Shape(), timeout=PATIENCE)
        self.assertEqual(hidden.code(), grpc.StatusCode.UNIMPLEMENTED)


class Deadlines(Echo):
    def test_calls_end_at_their_deadline(self):
        for method in KINDS:
            with self.subTest(method):
                stalls = ("at-the-end", "stall")
                call = self.call(method, [shapes.Shape(count=1)], stalls, timeout=0.3)
                self.assertEqual(self.status(method, call).code(), grpc.StatusCode.DEADLINE_EXCEEDED)


class Cancellation(Echo):
    def begin(self, method, request, *metadata):
        """Begins a call as one of both streams, as which a call of any kind looks on the wire: of the others C core tells
        nothing before they end, so nobody could know that one has begun."""
        begin = self.channel.stream_stream(
            f"/test.v1.ShapeService/{method}",
            request_serializer=shapes.Shape.SerializeToString,
            response_deserializer=shapes.Shape.FromString,
        )
        metadata = (("authorization", f"Bearer {os.environ['TOKEN']}"), *metadata)
        return begin(iter([request]), metadata=metadata, timeout=PATIENCE)

    def test_calls_can_be_given_up(self):
        for method in KINDS:
            with self.subTest(method):
                call = self.begin(method, shapes.Shape(count=1), ("at-the-end", "stall"))
                self.assertEqual(next(call).count, 1)
                call.cancel()
                with self.assertRaises(grpc.RpcError):
                    next(call)
                self.assertEqual(call.code(), grpc.StatusCode.CANCELLED)


if __name__ == "__main__":
    unittest.main()
