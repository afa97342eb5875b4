"""A gRPC client that knows nothing but the address: every message is built from the server's reflection."""

import grpc
from google.protobuf import descriptor_pool, json_format, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

TIMEOUT = 60


class Client:
    """Calls methods by name, with dictionaries in and out."""

    def __init__(self, address):
        self.channel = grpc.insecure_channel(address)
        self.database = ProtoReflectionDescriptorDatabase(self.channel)
        self.pool = descriptor_pool.DescriptorPool(self.database)

    def services(self):
        return sorted(self.database.get_services())

    def method(self, service, name):
        method = self.pool.FindServiceByName(service).FindMethodByName(name)
        request = message_factory.GetMessageClass(method.input_type)
        response = message_factory.GetMessageClass(method.output_type)
        kind = self.channel.unary_stream if method.server_streaming else self.channel.unary_unary
        call = kind(
            f"/{service}/{name}",
            request_serializer=request.SerializeToString,
            response_deserializer=response.FromString,
        )
        return lambda body: call(json_format.ParseDict(body, request()), timeout=TIMEOUT)

    def call(self, service, name, body):
        return json_format.MessageToDict(self.method(service, name)(body))

    def stream(self, service, name, body):
        for message in self.method(service, name)(body):
            yield json_format.MessageToDict(message)


def check(holds, what):
    if not holds:
        raise SystemExit(f"not so: {what}")
