"""What a tool such as grpcurl does: it knows no contract, asks the gateway for it, and calls what it has learned of."""

import os
import sys
import unittest

import grpc
from google.protobuf import descriptor_pool, json_format, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

#: What must be among the services: an argument, or what the gateway's own tests serve.
SERVICE = sys.argv.pop() if __name__ == "__main__" else "test.v1.ShapeService"


class Reflection(unittest.TestCase):
    def setUp(self):
        self.channel = grpc.insecure_channel(os.environ["GATEWAY"])
        self.addCleanup(self.channel.close)
        self.database = ProtoReflectionDescriptorDatabase(self.channel)
        self.pool = descriptor_pool.DescriptorPool(self.database)

    def test_every_service_is_described_with_all_that_its_messages_are_made_of(self):
        names = self.database.get_services()
        self.assertIn(SERVICE, names)
        for name in names:
            if name.startswith("grpc.reflection."):
                continue
            service = self.pool.FindServiceByName(name)
            self.assertTrue(service.methods, name)
            for method in service.methods:
                # A class can only be made when every type within it was found.
                message_factory.GetMessageClass(method.input_type)
                message_factory.GetMessageClass(method.output_type)

    def test_a_call_can_be_made_of_nothing_but_what_was_learned(self):
        method = self.pool.FindServiceByName("grpc.health.v1.Health").FindMethodByName("Check")
        asked, answered = (
            message_factory.GetMessageClass(kind) for kind in (method.input_type, method.output_type)
        )
        call = self.channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=asked.SerializeToString,
            response_deserializer=answered.FromString,
        )
        answer = json_format.MessageToDict(call(asked(), timeout=10))
        self.assertEqual(answer, {"status": "SERVING"})


if __name__ == "__main__":
    unittest.main()
