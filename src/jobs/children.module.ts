import { Module } from '@nestjs/common';
import { CHILD_ENTRY, TrainingChildren } from './training-children.js';
import { TrainingGovernor } from './training-governor.js';
import { WorkDirectories } from './work-directories.js';

/** Child processes of this one, and what holds them up. */
@Module({
  providers: [TrainingChildren, TrainingGovernor, WorkDirectories, { provide: CHILD_ENTRY, useValue: undefined }],
  exports: [TrainingChildren, WorkDirectories],
})
export class ChildrenModule {}
