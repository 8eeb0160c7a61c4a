import { partKey } from './part-name.ts';
import type { PartContent } from './part-content.ts';
import { XmlFault } from './xml-fault.ts';

/** The relationships of all parts (ECMA-376 part 2, 6.5.3). Those that lead outside (links in cells) are not kept. */
export interface Relationships {
  /** The target as it is written. */
  target(relationshipsPart: string, id: string): string | undefined;
  read(relationshipsPart: string): PartContent;
}

const mostRelationships = 50_000;

export function createRelationships(): Relationships {
  const parts = new Map<string, Map<string, string>>();
  let count = 0;

  function read(relationshipsPart: string): PartContent {
    const targets = new Map<string, string>();
    parts.set(partKey(relationshipsPart), targets);
    return {
      handler: {
        open: (path, tag) => {
          const id = tag.attribute('Id');
          const target = tag.attribute('Target');
          const isOutside = tag.attribute('TargetMode')?.toLowerCase() === 'external';
          if (path !== 'Relationships/Relationship' || id === undefined || target === undefined || isOutside) return;
          count += 1;
          if (count > mostRelationships || target.length > 1024 || id.length > 1024) {
            throw new XmlFault(`has more or longer relationships than a workbook needs (${mostRelationships} in all)`);
          }
          targets.set(id, target);
        },
      },
    };
  }

  return { target: (relationshipsPart, id) => parts.get(partKey(relationshipsPart))?.get(id), read };
}
