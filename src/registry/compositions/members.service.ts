import { Injectable } from '@nestjs/common';
import { invalidComposition } from '../../composition/invalid.js';
import { memberText, parseMember, type MemberName } from '../../composition/member.js';
import { NotFoundError } from '../../common/errors.js';
import { shortened } from '../../common/schema-issue.js';
import { isUuid } from '../../common/uuid.js';
import type { AdapterVersion, ModelRef } from '../adapter-version.js';
import type { Grant } from '../grants/grant.entity.js';
import { GrantsService } from '../grants/grants.service.js';
import { ModelResolver } from '../model-resolver.js';
import { TrainedBases } from '../trained-bases.js';

/** A member's name where it stands, e.g. at `composition.sum[1].of`. */
export interface MemberPlace {
  readonly member: string;
  readonly at: string;
}

/** The version that a member's name means now. */
export interface Member {
  /** `[owner/]name@sha256:…`: the name of exactly this version. */
  readonly pinned: string;
  /** Whose version it is. */
  readonly tenantId: string;
  readonly version: AdapterVersion;
}

/** Finds the versions that compositions name: the tenant's own, and those that others grant it. */
@Injectable()
export class Members {
  constructor(
    private readonly resolver: ModelResolver,
    private readonly grants: GrantsService,
    private readonly bases: TrainedBases,
  ) {}

  /**
   * In the order of the places. Grants are looked up each time, in one query for all.
   *
   * @throws NotFoundError `member_not_found`  in the same words for what there is not and what is not granted
   * @throws IncompatibleAdapterError `wrong_base`  for one that was trained on another base than this process serves
   */
  async require(tenantId: string, places: readonly MemberPlace[]): Promise<Member[]> {
    const named = places.map((place) => ({ place, name: parseMember(place.member) }));
    const foreign = named.flatMap(({ name }) => (name?.owner === undefined ? [] : [name.name]));
    const grants = foreign.length === 0 ? [] : await this.grants.received(tenantId, foreign);
    return Promise.all(
      named.map(async ({ place, name }) => {
        const member = name && (await this.find(tenantId, name, grants));
        if (!member) throw memberNotFound(place);
        if (member.tenantId !== tenantId && member.version.summary.kind === 'composition') {
          throw invalidComposition(place.at, `expected a brick, got a composition of ${name.owner}: name its members`);
        }
        await this.bases.expectOwn(member.tenantId, member.version, place);
        return member;
      }),
    );
  }

  private async find(
    tenantId: string,
    { owner, ...own }: MemberName,
    grants: readonly Grant[],
  ): Promise<Member | undefined> {
    if (owner === undefined) {
      const version = await this.version(tenantId, memberText(own));
      return version && { pinned: `${version.name}@${version.digest}`, tenantId, version };
    }
    const isOwner = ({ tenantId: id, tenantName }: Grant): boolean => (isUuid(owner) ? id : tenantName) === owner;
    const given = grants.filter((grant) => grant.adapterName === own.name && isOwner(grant));
    const [first] = given;
    const version = first && (await this.version(first.tenantId, memberText(own)));
    const isGranted = given.some(({ adapterId, digest }) => {
      return adapterId === version?.adapterId && (digest === null || digest === version.digest);
    });
    if (!version || !isGranted) return undefined;
    return {
      pinned: `${first.tenantName}/${version.name}@${version.digest}`,
      tenantId: first.tenantId,
      version,
    };
  }

  private async version(tenantId: string, model: string): Promise<AdapterVersion | undefined> {
    const ref: ModelRef | undefined = await this.resolver.resolve(tenantId, model).catch((error: unknown) => {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    });
    return ref?.kind === 'adapter' ? ref.version : undefined;
  }
}

function memberNotFound({ member, at }: MemberPlace): NotFoundError {
  const got = JSON.stringify(shortened(member));
  return new NotFoundError(`${at}: expected a brick of yours, or owner/name of one granted to you, got ${got}`, {
    code: 'member_not_found',
    param: at,
  });
}
