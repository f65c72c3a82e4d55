/** Where the build has put the files with which backgrounds are blurred. */
declare const BLUR_FILES: string;
