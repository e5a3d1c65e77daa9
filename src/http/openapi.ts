import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';

/** The OpenAPI document of every route that `app` has. */
export function createDocument(app: INestApplication, version: string): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Tessera')
    .setDescription(
      "Many tenants' adapters, served from one frozen base model. Errors have the shape of the OpenAI API.",
    )
    .setVersion(version)
    .addBearerAuth({ type: 'http', scheme: 'bearer' })
    .build();
  return SwaggerModule.createDocument(app, config, {
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
  });
}

/** Serves the document as /openapi.json and as a page under /docs. */
export function serveDocument(app: INestApplication, version: string): void {
  SwaggerModule.setup('docs', app, createDocument(app, version), { jsonDocumentUrl: 'openapi.json', raw: ['json'] });
}
