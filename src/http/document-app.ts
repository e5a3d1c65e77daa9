import 'reflect-metadata';
import { Module, type INestApplication, type Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { CONTROLLERS } from './controllers.js';

/** The application with its routes and nothing behind them: enough for the document and for checks of the routes. */
export async function createDocumentApp(): Promise<INestApplication> {
  class DocumentModule {}
  Module({ controllers: [...CONTROLLERS], providers: injected().map(hollow) })(DocumentModule);
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- Nest's options are a class that is never made
  return NestFactory.create(DocumentModule, new FastifyAdapter(), { logger: false });
}

function injected(): unknown[] {
  const tokens = CONTROLLERS.flatMap((controller) => {
    const types = (Reflect.getMetadata('design:paramtypes', controller) ?? []) as unknown[];
    const named = (Reflect.getMetadata('self:paramtypes', controller) ?? []) as { index: number; param: unknown }[];
    for (const { index, param } of named) types[index] = param;
    return types;
  });
  return [...new Set(tokens)];
}

function hollow(provide: unknown): Provider {
  return { provide, useValue: {} } as Provider;
}
